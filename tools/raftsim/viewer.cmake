# The page that shows runs: made of tools/viewer/ where npm is, and put into raftsim. Without it, or
# if it cannot be made (npm has no network), raftsim is built all the same and says what is missing.
option(DRYDOCK_BUILD_VIEWER "Make the page that shows runs, with npm" ON)
find_program(DRYDOCK_NPM npm)

enable_language(ASM)
set(DRYDOCK_PAGE ${PROJECT_BINARY_DIR}/viewer/page.html)
configure_file(page_data.S.in page_data.S @ONLY)
target_sources(raftsim PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/page_data.S)
set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/page_data.S
                            PROPERTIES OBJECT_DEPENDS ${DRYDOCK_PAGE} COMPILE_OPTIONS "-w")

set(viewer ${PROJECT_SOURCE_DIR}/tools/viewer)
if(DRYDOCK_BUILD_VIEWER AND DRYDOCK_NPM)
  file(GLOB_RECURSE viewer_sources CONFIGURE_DEPENDS
       ${viewer}/src/* ${viewer}/*.html ${viewer}/*.json ${viewer}/*.ts)
  list(FILTER viewer_sources EXCLUDE REGEX "/(node_modules|dist)/")
  add_custom_command(
    OUTPUT ${DRYDOCK_PAGE}
    COMMAND ${viewer}/make_page ${viewer} ${PROJECT_BINARY_DIR}/viewer ${DRYDOCK_PAGE}
    DEPENDS ${viewer_sources} ${viewer}/make_page
    COMMENT "Making the page that shows runs"
    VERBATIM)
else()
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/viewer)
  file(TOUCH ${DRYDOCK_PAGE})
endif()
