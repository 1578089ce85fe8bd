# Distribution packages only; tests/run.sh lists them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
# Linked statically: Boost promises no binary interface between its versions, and of each library a program uses a part.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
pkg_check_modules(LIBGIT2 REQUIRED IMPORTED_TARGET libgit2)
