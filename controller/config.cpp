#include "controller/config.hpp"

#include "compose/duration.hpp"
#include "compose/yaml_parser.hpp"
#include "controller/config_keys.hpp"
#include "controller/http/listen_address.hpp"
#include "manifest/document.hpp"
#include "manifest/findings.hpp"
#include "manifest/names.hpp"

namespace plimsoll::controller {
namespace {

using compose::Node;
using manifest::Findings;
using manifest::KeyTable;

/// A poll is a request to the git server; more than ten a second are a slip of the unit.
constexpr Millis kLeastDuration{100};

/// One mapping of the file while it is read, with everything that a message needs.
struct Section {
  const Node& node;
  const KeyTable& table;
  std::string path;
  Findings& findings;

  void text(std::string_view key, std::string& out) const {
    if (const auto* entry = manifest::find_valid(node, key, table)) out = entry->value.as_text();
  }
  void flag(std::string_view key, bool& out) const {
    if (const auto* entry = manifest::find_valid(node, key, table)) out = entry->value.as_bool();
  }
  void filled_text(std::string_view key, std::string& out) const {
    text(key, out);
    if (out.empty() && node.contains(key)) error(key, "\"\" is empty", "give it a value, or leave the key out");
  }
  void absolute_path(std::string_view key, std::string& out) const {
    const auto* entry = manifest::find_valid(node, key, table);
    if (entry == nullptr) return;
    out = entry->value.as_text();
    if (!out.starts_with('/')) error(key, "\"" + out + "\" is not an absolute path", "begin it with /");
  }
  void listen_address(std::string_view key, std::string& out) const {
    text(key, out);
    const auto parsed = out.empty() ? Result<ListenAddress>(ListenAddress{}) : parse_listen_address(out);
    if (parsed) return;
    std::string message = parsed.error().message;  // begins with the key, as this diagnostic does
    error(key, message.substr(message.find(": ") + 2), "");
  }
  void duration(std::string_view key, Millis& out) const {
    const auto* entry = manifest::find_valid(node, key, table);
    if (entry == nullptr) return;
    const auto parsed = compose::parse_duration(entry->value.source_text());
    const Millis value = parsed ? std::chrono::duration_cast<Millis>(std::chrono::nanoseconds(*parsed)) : Millis(0);
    const std::string quoted = "\"" + entry->value.source_text() + "\"";
    if (!parsed || *parsed <= 0) {
      error(key, quoted + " is not a positive duration", "write it with a unit, as in 60s");
    } else if (value < kLeastDuration) {
      error(key, quoted + " is shorter than 100ms", "write 100ms or more");
    } else {
      out = value;
    }
  }
  void error(std::string_view key, std::string message, std::string mend) const {
    const auto* entry = node.find_entry(key);
    findings.error(entry == nullptr ? node.position() : entry->key_place.position(), compose::child_path(path, key),
                   std::move(message), std::move(mend));
  }
  /// Calls `read` with the mapping at `key`, when there is one.
  template <class Read>
  void section(std::string_view key, std::string_view pointer, Read read) const {
    const auto* entry = manifest::find_valid(node, key, table);
    if (entry == nullptr) return;
    const Section inner{entry->value, config_key_table(pointer), compose::child_path(path, key), findings};
    if (manifest::check_mapping(inner.node, manifest::value_position(*entry), inner.path, inner.table, findings))
      read(inner);
  }
  /// Calls `read(name, section)` for each entry of the mapping at `key`.
  template <class Read>
  void each(std::string_view key, std::string_view pointer, Read read) const {
    const auto* entry = manifest::find_valid(node, key, table);
    if (entry == nullptr) return;
    const std::string outer = compose::child_path(path, key);
    for (const auto& item : entry->value.entries()) {
      const Section inner{item.value, config_key_table(pointer), compose::child_path(outer, item.key), findings};
      if (manifest::check_mapping(inner.node, manifest::value_position(item), inner.path, inner.table, findings))
        read(item.key, inner);
    }
  }
};

void read_source(const Section& section, ControllerConfig::Source& source) {
  section.filled_text("url", source.url);
  section.filled_text("branch", source.branch);
  section.text("path", source.path);
  section.duration("poll_interval", source.poll_interval);
  section.duration("fetch_timeout", source.fetch_timeout);
  section.section("credentials", "source.credentials", [&source](const Section& inner) {
    inner.text("username", source.credentials.username);
    inner.absolute_path("password_file", source.credentials.password_file);
    inner.absolute_path("ssh_key_file", source.credentials.ssh_key_file);
    inner.absolute_path("known_hosts_file", source.credentials.known_hosts_file);
    if (!source.credentials.ssh_key_file.empty() && source.credentials.known_hosts_file.empty()) {
      inner.error("ssh_key_file", "an SSH key without known_hosts_file: the server could not be verified",
                  "add known_hosts_file; ssh-keyscan HOST prints its lines, to be checked by hand");
    }
  });
}

bool is_host_and_port(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || text.find_first_of("/@ ") != std::string::npos) return false;
  const std::string port = text.substr(colon + 1);
  return !port.empty() && port.find_first_not_of("0123456789") == std::string::npos;
}

void read_plain_engines(const Section& root, ControllerConfig& config) {
  const auto* entry = manifest::find_valid(root.node, "plain_engines", root.table);
  if (entry == nullptr) return;
  config.plain_engines = manifest::text_list(entry->value, "plain_engines", root.findings);
  for (const auto& address : config.plain_engines) {
    if (is_host_and_port(address)) continue;
    root.error("plain_engines", "\"" + address + "\" is not the address of an engine",
               "write host:port, as after tcp:// in instances.yaml");
  }
}

void read_root(const Section& root, ControllerConfig& config) {
  root.text("installation", config.installation);
  root.section("source", "source", [&config](const Section& inner) { read_source(inner, config.source); });
  root.absolute_path("state_dir", config.state_dir);
  root.absolute_path("secrets_dir", config.secrets_dir);
  root.listen_address("listen", config.listen);
  root.absolute_path("socket", config.socket);
  root.section("webhook", "webhook",
               [&config](const Section& inner) { inner.absolute_path("secret_file", config.webhook_secret_file); });
  root.section("metrics", "metrics", [&config](const Section& inner) { inner.flag("open", config.open_metrics); });
  root.each("tls", "tls.*", [&config](const std::string& name, const Section& inner) {
    auto& tls = config.tls[name];
    inner.absolute_path("ca", tls.ca);
    inner.absolute_path("cert", tls.cert);
    inner.absolute_path("key", tls.key);
  });
  root.each("registries", "registries.*", [&config](const std::string& host, const Section& inner) {
    auto& registry = config.registries[host];
    inner.text("username", registry.username);
    inner.absolute_path("password_file", registry.password_file);
  });
  read_plain_engines(root, config);
}

void check_installation(const Section& root, const ControllerConfig& config) {
  // What is missing or no text has its own error. An empty id would be the one of all that has no label.
  const bool given = manifest::find_valid(root.node, "installation", root.table) != nullptr;
  if (given && !manifest::is_name(config.installation)) {
    root.error("installation", "\"" + config.installation + "\" cannot be an installation id",
               "use 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit");
  }
}

}  // namespace

ParsedConfig parse_config(const std::string& file_name, std::string_view text) {
  ParsedConfig parsed;
  auto yaml = compose::parse_yaml(file_name, text);
  Findings findings;
  findings.add_all(yaml.diagnostics);
  if (!findings.has_errors()) {
    const Node empty = Node::make_mapping();
    const Node& document = yaml.documents.empty() ? empty : yaml.documents.front();
    const Section root{document, config_key_table(""), "", findings};
    SourcePosition where = document.position();
    if (where.file.empty()) where.file = file_name;
    if (manifest::check_mapping(document, where, "", root.table, findings)) {
      read_root(root, parsed.config);
      check_installation(root, parsed.config);
    }
  }
  parsed.diagnostics = findings.take_sorted();
  return parsed;
}

}  // namespace plimsoll::controller
