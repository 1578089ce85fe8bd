#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/instant.hpp"

namespace plimsoll::controller {

/// `controller.yaml`, validated. Paths are as written.
struct ControllerConfig {
  struct Credentials {
    std::string username, password_file;         ///< http and https
    std::string ssh_key_file, known_hosts_file;  ///< ssh
  };
  struct Source {
    std::string url, branch = "main", path = "manifests";
    Millis poll_interval{60'000};  ///< ± 5 %
    Millis fetch_timeout{60'000};
    Credentials credentials;
  };
  struct Tls {
    std::string ca, cert, key;
  };
  struct Registry {
    std::string username, password_file;
  };

  std::string installation;
  Source source;
  std::string state_dir = "/var/lib/plimsoll";
  std::string secrets_dir = "/etc/plimsoll/secrets";
  std::string listen = "127.0.0.1:8470";  ///< empty: no TCP listener
  std::string socket = "/run/plimsoll/plimsoll.sock";
  std::string webhook_secret_file;
  bool open_metrics = false;  ///< `/metrics` for whoever reaches `listen`, not for this machine only
  std::map<std::string, Tls> tls;
  std::map<std::string, Registry> registries;
  /// `host:port` of engines in the clear that get registry credentials and secret values all the same.
  std::vector<std::string> plain_engines;
};

/// A configuration or everything that is wrong with it.
struct ParsedConfig {
  ControllerConfig config;
  Diagnostics diagnostics;
};

/// Reads the text of a `controller.yaml`. All errors at once, each with file:line:column and a mend. Pure.
[[nodiscard]] ParsedConfig parse_config(const std::string& file_name, std::string_view text);

}  // namespace plimsoll::controller
