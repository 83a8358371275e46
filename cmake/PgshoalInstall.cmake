# What `cmake --install` puts where: the programs with their systemd units, a sample of the settings and the
# documentation, and the library pgshoal::pgshoal as a CMake package. Included last, when
# every target is known. Components: runtime, library.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

foreach(program pgshoal shoalctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endif()
endforeach()

# The units name the programs and the settings file by their paths, so they are made for the prefix of the configuration.
# The sample has a name of its own: a settings file that is there already stays.
configure_file(packaging/systemd/pgshoal.service.in "${CMAKE_BINARY_DIR}/packaging/pgshoal.service" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/packaging/pgshoal.service" packaging/systemd/pgshoal.socket
        DESTINATION lib/systemd/system COMPONENT runtime)
# As GNUInstallDirs has it: /etc belongs to /usr.
set(settings_dir ${CMAKE_INSTALL_SYSCONFDIR})
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(settings_dir ${CMAKE_INSTALL_FULL_SYSCONFDIR})
endif()
install(FILES packaging/pgshoal.toml.sample DESTINATION ${settings_dir}/pgshoal COMPONENT runtime)
file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/docs/*.md")
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)

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
