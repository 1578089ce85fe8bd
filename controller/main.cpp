#include "controller/cli/cli.hpp"

/// GnuTLS asks for this function when it is loaded (its manual, "Initialization") and on 1 starts nothing by itself. It
/// comes in behind libcurl's LDAP and RTMP, which nobody here uses, and its start would cost 0.7 MiB for good.
extern "C" int _gnutls_global_init_skip() { return 1; }  // NOLINT(bugprone-reserved-identifier)

int main(int argc, char** argv) { return plimsoll::controller::run_cli(argc, argv); }
