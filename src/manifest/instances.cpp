#include "manifest/instances.hpp"

#include "manifest/document.hpp"
#include "manifest/key_table.hpp"
#include "manifest/names.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

void check_engine(const Node::Entry& entry, const std::string& path, bool has_tls, Findings& findings) {
  const std::string& engine = entry.value.string();
  const auto rest_after = [&engine](std::string_view scheme) {
    return engine.starts_with(scheme) ? engine.substr(scheme.size()) : std::string();
  };
  const std::string unix_path = rest_after("unix://");
  const std::string address = rest_after("tcp://");
  const std::string login = rest_after("ssh://");
  const bool good = (!unix_path.empty() && unix_path.front() == '/') ||
                    (!address.empty() && address.rfind(':') != std::string::npos &&
                     address.find_first_of("/@ ") == std::string::npos) ||
                    (!login.empty() && login.front() != '-' && login.find(' ') == std::string::npos);
  if (!good) {
    findings.error(value_position(entry), path, "is no address of an engine",
                   "use unix:///path, tcp://host:port or ssh://user@host");
  } else if (login.substr(0, login.find('@')).find(':') != std::string::npos && login.find('@') != std::string::npos) {
    findings.error(value_position(entry), path, "has a password in it", "remove the password and use a key");
  } else if (has_tls && address.empty()) {
    findings.error(value_position(entry), path, "\"tls\" needs an address that starts with tcp://", "remove \"tls\"");
  } else if (!login.empty()) {
    findings.warning(value_position(entry), path, "ssh:// is not supported yet", "use tcp:// with tls");
  } else if (!has_tls && !address.empty()) {
    findings.warning(value_position(entry), path, "is plain TCP: whoever reaches it is root on that machine",
                     "name a client certificate with \"tls\"");
  }
}

void check_data_dir(const Node::Entry& entry, const std::string& path, Findings& findings) {
  const std::string& dir = entry.value.string();
  if (dir.size() > 1 && dir.front() == '/' && dir.find("/../") == std::string::npos && !dir.ends_with("/..")) return;
  findings.error(value_position(entry), path, "must be an absolute path, not the root", "write it as /srv/plimsoll");
}

void read_instance(const Node::Entry& entry, InstanceList& out, Findings& all) {
  const KeyTable& table = key_table("instances", "instances.*");
  const std::string path = compose::child_path("instances", entry.key);
  Findings findings;
  InstanceSpec spec;
  spec.name = entry.key;
  if (!is_name(entry.key)) report_bad_name(entry.key_place.position(), path, "an instance", entry.key, findings);
  check_mapping(entry.value, value_position(entry), path, table, findings);
  const Node& node = entry.value;
  if (const auto* tls = find_valid(node, "tls", table)) spec.tls = tls->value.string();
  if (const auto* engine = find_valid(node, "engine", table)) {
    spec.engine = engine->value.string();
    check_engine(*engine, compose::child_path(path, "engine"), !spec.tls.empty(), findings);
  }
  if (const auto* dir = find_valid(node, "data_dir", table)) {
    check_data_dir(*dir, compose::child_path(path, "data_dir"), findings);
    spec.data_dir = dir->value.string();
    if (spec.data_dir.ends_with('/')) spec.data_dir.pop_back();
  }
  for (const std::string_view key : {"labels", "variables"}) {
    const auto* map = find_valid(node, key, table);
    if (map == nullptr) continue;
    const std::string map_path = compose::child_path(path, key);
    check_mapping(map->value, value_position(*map), map_path, key_table("instances", "instances.*." + std::string(key)),
                  findings);
    if (key == "labels") spec.labels = scalar_map(map->value);
    if (key == "variables") spec.variables = variable_map(map->value, map_path, findings);
  }
  if (findings.has_errors()) {
    out.broken.insert(entry.key);
  } else {
    out.good.emplace(entry.key, std::move(spec));
  }
  all.add_all(findings.all());
}

}  // namespace

InstanceList read_instances(const RepositoryFiles& files, Findings& findings) {
  InstanceList out;
  const auto document = read_document(files, kInstancesFile, findings);
  if (!document) return out;
  const KeyTable& root = key_table("instances", "");
  check_mapping(*document, document->position(), "", root, findings);
  const auto* list = find_valid(*document, "instances", root);
  if (list == nullptr) return out;
  if (list->value.size() > kMaxInstances) {
    findings.error(
        value_position(*list), "instances",
        std::to_string(list->value.size()) + " instances, more than the limit of " + std::to_string(kMaxInstances),
        "divide them among several controllers");
    return out;
  }
  out.readable = true;
  for (const Node::Entry& entry : list->value.entries()) read_instance(entry, out, findings);
  return out;
}

InstanceList with_last_good(InstanceList read, const std::map<std::string, InstanceSpec>& last) {
  if (!read.readable) return {.readable = !last.empty(), .good = last, .broken = {}};
  for (const auto& [name, spec] : last) {
    if (read.broken.erase(name) > 0) read.good.emplace(name, spec);
  }
  return read;
}

}  // namespace plimsoll::manifest
