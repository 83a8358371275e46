# What `cmake --install` puts where: the programs, and the library pgshoal::pgshoal as a CMake package. Included last, when
# every target is known. Components: runtime, library.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

foreach(program pgshoal shoalctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endif()
endforeach()

# Everything that pgshoal_api links. A build with sanitizers links helpers that are not for others.
if(PGSHOAL_SANITIZE)
  return()
endif()
set(libraries base parser shardmap catalog plan api)
foreach(library ${libraries})
  set_target_properties(pgshoal_${library} PROPERTIES EXPORT_NAME ${library})
endforeach()
set_target_properties(pgshoal_api PROPERTIES EXPORT_NAME pgshoal)
set_target_properties(pgshoal_options PROPERTIES EXPORT_NAME options)
list(TRANSFORM libraries PREPEND pgshoal_)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pgshoal)

install(TARGETS pgshoal_options ${libraries} EXPORT pgshoal
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(EXPORT pgshoal FILE pgshoalTargets.cmake NAMESPACE pgshoal:: DESTINATION ${package_dir} COMPONENT library)

# The public headers, under the paths by which they include each other.
foreach(directory base parser router/api)
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${directory}/*.hpp")
  list(FILTER headers EXCLUDE REGEX "/router/api/sources\\.hpp$")
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pgshoal/${directory} COMPONENT library)
endforeach()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/pgshoalConfig.cmake.in" "${CMAKE_BINARY_DIR}/pgshoalConfig.cmake"
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file("${CMAKE_BINARY_DIR}/pgshoalConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/pgshoalConfig.cmake" "${CMAKE_BINARY_DIR}/pgshoalConfigVersion.cmake"
        DESTINATION ${package_dir} COMPONENT library)
