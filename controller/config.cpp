#include "controller/config.hpp"

#include "compose/duration.hpp"
#include "compose/yaml_parser.hpp"
#include "controller/config_keys.hpp"
#include "manifest/findings.hpp"

namespace plimsoll::controller {
namespace {

using compose::Node;
using manifest::Findings;
using manifest::KeyTable;

/// One mapping of the file while it is read, with everything that a message needs.
struct Section {
  const Node& node;
  const KeyTable& table;
  std::string path;
  Findings& findings;

  void text(std::string_view key, std::string& out) const {
    if (const auto* entry = manifest::find_valid(node, key, table)) out = entry->value.as_text();
  }
  void duration(std::string_view key, Millis& out) const {
    const auto* entry = manifest::find_valid(node, key, table);
    if (entry == nullptr) return;
    const auto parsed = compose::parse_duration(entry->value.source_text());
    const Millis value = parsed ? std::chrono::duration_cast<Millis>(std::chrono::nanoseconds(*parsed)) : Millis(0);
    if (value > Millis(0)) {
      out = value;
    } else {
      error(key, "\"" + entry->value.source_text() + "\" is not a positive duration",
            "write it with a unit, as in 60s");
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
  section.text("url", source.url);
  section.text("branch", source.branch);
  section.text("path", source.path);
  section.duration("poll_interval", source.poll_interval);
  section.duration("fetch_timeout", source.fetch_timeout);
  section.section("credentials", "source.credentials", [&source](const Section& inner) {
    inner.text("username", source.credentials.username);
    inner.text("password_file", source.credentials.password_file);
    inner.text("ssh_key_file", source.credentials.ssh_key_file);
    inner.text("known_hosts_file", source.credentials.known_hosts_file);
    if (!source.credentials.ssh_key_file.empty() && source.credentials.known_hosts_file.empty()) {
      inner.error("ssh_key_file", "an SSH key without known_hosts_file: the server could not be verified",
                  "add known_hosts_file; ssh-keyscan HOST prints its lines, to be checked by hand");
    }
  });
}

void read_root(const Section& root, ControllerConfig& config) {
  root.text("installation", config.installation);
  root.section("source", "source", [&config](const Section& inner) { read_source(inner, config.source); });
  root.text("state_dir", config.state_dir);
  root.text("secrets_dir", config.secrets_dir);
  root.text("listen", config.listen);
  root.text("socket", config.socket);
  root.section("webhook", "webhook",
               [&config](const Section& inner) { inner.text("secret_file", config.webhook_secret_file); });
  root.each("tls", "tls.*", [&config](const std::string& name, const Section& inner) {
    auto& tls = config.tls[name];
    inner.text("ca", tls.ca);
    inner.text("cert", tls.cert);
    inner.text("key", tls.key);
  });
  root.each("registries", "registries.*", [&config](const std::string& host, const Section& inner) {
    auto& registry = config.registries[host];
    inner.text("username", registry.username);
    inner.text("password_file", registry.password_file);
  });
}

void check_installation(const Section& root, const ControllerConfig& config) {
  if (config.installation.size() > 63 ||
      config.installation.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos) {
    root.error("installation", "\"" + config.installation + "\" cannot be an installation id",
               "use up to 63 of a-z, 0-9, '-', '_' and '.'");
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
