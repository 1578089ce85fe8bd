#include "controller/config_keys.hpp"

#include <cassert>

namespace plimsoll::controller {
namespace {

using manifest::KeyRule;
using manifest::KeyTable;
using manifest::ValueKind;

constexpr KeyRule kRoot[] = {
    {"installation", ValueKind::text, true}, {"source", ValueKind::mapping, true}, {"state_dir", ValueKind::text},
    {"secrets_dir", ValueKind::text},        {"listen", ValueKind::text},          {"socket", ValueKind::text},
    {"webhook", ValueKind::mapping},         {"metrics", ValueKind::mapping},      {"tls", ValueKind::mapping},
    {"registries", ValueKind::mapping},      {"plain_engines", ValueKind::list},
};
constexpr KeyRule kSource[] = {
    {"url", ValueKind::text, true},       {"branch", ValueKind::text},          {"path", ValueKind::text},
    {"poll_interval", ValueKind::scalar}, {"fetch_timeout", ValueKind::scalar}, {"credentials", ValueKind::mapping},
};
constexpr KeyRule kCredentials[] = {
    {"username", ValueKind::text},
    {"password_file", ValueKind::text},
    {"ssh_key_file", ValueKind::text},
    {"known_hosts_file", ValueKind::text},
};
constexpr KeyRule kWebhook[] = {{"secret_file", ValueKind::text, true}};
constexpr KeyRule kMetrics[] = {{"open", ValueKind::flag, true}};
constexpr KeyRule kTls[] = {{"*", ValueKind::mapping}};
constexpr KeyRule kTlsEntry[] = {{"ca", ValueKind::text, true}, {"cert", ValueKind::text}, {"key", ValueKind::text}};
constexpr KeyRule kRegistries[] = {{"*", ValueKind::mapping}};
constexpr KeyRule kRegistry[] = {{"username", ValueKind::text, true}, {"password_file", ValueKind::text, true}};

}  // namespace

const std::vector<KeyTable>& config_key_tables() {
  static const std::vector<KeyTable> kTables = {
      {"controller", "", kRoot},
      {"controller", "source", kSource},
      {"controller", "source.credentials", kCredentials},
      {"controller", "webhook", kWebhook},
      {"controller", "metrics", kMetrics},
      {"controller", "tls", kTls},
      {"controller", "tls.*", kTlsEntry},
      {"controller", "registries", kRegistries},
      {"controller", "registries.*", kRegistry},
  };
  return kTables;
}

const KeyTable& config_key_table(std::string_view pointer) {
  for (const auto& table : config_key_tables()) {
    if (table.pointer == pointer) return table;
  }
  assert(false && "no such table");
  return config_key_tables().front();
}

}  // namespace plimsoll::controller
