# What every target of the project shares: language level, warnings, sanitizers,
# and the three functions by which modules declare libraries, programs and tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(PGSHOAL_CCACHE ccache)
if(PGSHOAL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PGSHOAL_CCACHE}")
endif()

add_library(pgshoal_options INTERFACE)
target_include_directories(pgshoal_options INTERFACE
  "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>"
  "$<INSTALL_INTERFACE:include/pgshoal>")
target_compile_features(pgshoal_options INTERFACE cxx_std_20)

add_library(pgshoal_build_options INTERFACE)
target_compile_options(pgshoal_build_options INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely inside inlined library code and coroutines.
  target_compile_options(pgshoal_build_options INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-free-nonheap-object)
endif()
if(PGSHOAL_SANITIZE)
  add_compile_options(-fsanitize=${PGSHOAL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PGSHOAL_SANITIZE})
endif()
if(PGSHOAL_SANITIZE MATCHES "address")
  # Access through a null pointer traps in AddressSanitizer; checked apart it is a fifth of the build's time.
  add_compile_options(-fno-sanitize=null)
endif()
if(PGSHOAL_SANITIZE MATCHES "thread")
  # See tsan_abseil.cc.
  add_library(pgshoal_tsan_abseil OBJECT "${CMAKE_CURRENT_LIST_DIR}/tsan_abseil.cc")
  foreach(symbol 4LockEv 6UnlockEv 5AwaitERKNS0_9ConditionE)
    add_link_options(-Wl,--wrap=_ZN4absl7debian35Mutex${symbol})
  endforeach()
  link_libraries(pgshoal_tsan_abseil absl::synchronization)
endif()
if(PGSHOAL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# pgshoal_add_library(NAME SOURCES a.cc b.cc DEPS t1 t2 PRIVATE_DEPS t3)
# A static library `pgshoal_NAME`; DEPS are seen by its headers, PRIVATE_DEPS only by its sources.
function(pgshoal_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target pgshoal_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  # Headers that only the sources include: nothing for those who link the installed library to look for.
  list(TRANSFORM ARG_PRIVATE_DEPS REPLACE "^(Boost::headers)$" "$<BUILD_INTERFACE:\\1>")
  target_link_libraries(${target} PUBLIC pgshoal_options ${ARG_DEPS}
    PRIVATE $<BUILD_INTERFACE:pgshoal_build_options> ${ARG_PRIVATE_DEPS})
endfunction()

# pgshoal_add_program(NAME SOURCES main.cc DEPS t1 t2): a binary in bin/.
function(pgshoal_add_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE pgshoal_options pgshoal_build_options ${ARG_DEPS})
endfunction()

# pgshoal_add_test(NAME SOURCES a_test.cc DEPS t1 t2 [LABELS l1] [TIMEOUT seconds]):
# a GoogleTest program, run as one ctest test.
function(pgshoal_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  pgshoal_add_program(${name} SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
