#include "controller/cli/cli.hpp"

int main(int argc, char** argv) { return plimsoll::controller::run_cli(argc, argv); }
