# SPDX-License-Identifier: MIT
# Install rules: headers, libraries, CMake package, pkg-config file.
include(CMakePackageConfigHelpers)
set(mr_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mailroute)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/mailroute
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
foreach(kind shared static)
  if(TARGET mailroute_${kind})
    install(TARGETS mailroute_${kind} EXPORT mailroute-${kind}
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
            INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT mailroute-${kind} NAMESPACE mailroute::
            FILE mailroute-${kind}.cmake DESTINATION ${mr_package_dir})
  endif()
endforeach()

# The pkg-config file finds its prefix from its own place, so the tree can be moved.
string(REPLACE ";" ", " mr_pc_requires_text "${mr_pc_requires}")
if(MAILROUTE_SHARED)
  set(mr_pc_requires_field Requires.private)
else()
  set(mr_pc_requires_field Requires)
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(mr_pc_prefix ${CMAKE_INSTALL_PREFIX})
  set(mr_pc_libdir ${CMAKE_INSTALL_FULL_LIBDIR})
  set(mr_pc_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
  file(RELATIVE_PATH mr_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" mr_up ${mr_up})
  set(mr_pc_prefix "\${pcfiledir}/${mr_up}")
  set(mr_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(mr_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(${PROJECT_SOURCE_DIR}/pkgconfig/libmailroute.pc.in
               ${PROJECT_BINARY_DIR}/libmailroute.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libmailroute.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# "PREFIX|module>=version" for each library behind the static one.
set(mr_package_requires "")
foreach(module ${mr_pc_requires})
  string(REPLACE " " "" module ${module})
  string(REGEX MATCH "^(lib)?([a-z0-9]+)" ignored ${module})
  string(TOUPPER "MR_${CMAKE_MATCH_2}" prefix)
  list(APPEND mr_package_requires "\"${prefix}|${module}\"")
endforeach()
string(REPLACE ";" " " mr_package_requires "${mr_package_requires}")
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/pkgconfig/mailroute-config.cmake.in
  ${PROJECT_BINARY_DIR}/mailroute-config.cmake INSTALL_DESTINATION ${mr_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mailroute-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mailroute-config.cmake
              ${PROJECT_BINARY_DIR}/mailroute-config-version.cmake
        DESTINATION ${mr_package_dir})
