#include "compose/merge.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "compose/tree_path.hpp"

namespace plimsoll::compose {
namespace {

constexpr std::array<std::string_view, 3> kReplaced{"services.*.command", "services.*.entrypoint",
                                                    "services.*.healthcheck.test"};
constexpr std::array<std::string_view, 17> kSequenced{"networks.*.labels",
                                                      "volumes.*.labels",
                                                      "services.*.annotations",
                                                      "services.*.build.args",
                                                      "services.*.build.additional_contexts",
                                                      "services.*.build.labels",
                                                      "services.*.deploy.labels",
                                                      "services.*.dns",
                                                      "services.*.dns_opt",
                                                      "services.*.dns_search",
                                                      "services.*.env_file",
                                                      "services.*.label_file",
                                                      "services.*.environment",
                                                      "services.*.labels",
                                                      "services.*.sysctls",
                                                      "services.*.tmpfs",
                                                      "services.*.volumes.*.volume.labels"};
constexpr std::array<std::string_view, 2> kHosts{"services.*.extra_hosts", "services.*.build.extra_hosts"};

template <std::size_t N>
bool matches_any(const TreePath& path, const std::array<std::string_view, N>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view p) { return path.matches(p); });
}

Node pair_text(const std::string& key, const Node& value, const Place& key_place) {
  Node item = Node::make_string(value.is_null() ? key : key + "=" + value.as_text(), key_place);
  if (value.place().file) item.set_place(value.place());
  return item;
}

/// A mapping as a list of `K=V`, a text as a list of one; null as an empty list.
Node as_sequence(const Node& value) {
  if (value.is_sequence()) return value;
  Node list = Node::make_sequence(value.place());
  if (value.is_string()) list.push_back(value);
  for (const Node::Entry& entry : value.entries()) {
    if (entry.value.is_sequence())
      for (const Node& item : entry.value.items()) list.push_back(pair_text(entry.key, item, entry.key_place));
    else
      list.push_back(pair_text(entry.key, entry.value, entry.key_place));
  }
  return list;
}

/// A list of names as a mapping of names to `value`.
Node as_mapping(const Node& names, const Node& value) {
  if (!names.is_sequence()) return names;
  Node mapping = Node::make_mapping(names.place());
  for (const Node& name : names.items()) {
    Node entry = value;
    entry.set_place(name.place());
    mapping.set(name.as_text(), std::move(entry), name.place());
  }
  return mapping;
}

class Merger {
 public:
  explicit Merger(Report& report) : report_(report) {}
  TreePath path;

  Node merge(Node base, const Node& later) {
    if (matches_any(path, kReplaced)) return later;
    if (later.is_null()) return base;
    if (base.is_null()) return later;
    if (matches_any(path, kSequenced)) return append(as_sequence(base), as_sequence(later));
    if (matches_any(path, kHosts)) return append_new(as_sequence(base), as_sequence(later));
    if (path.matches("services.*.logging")) return merge_logging(std::move(base), later);
    if (path.matches("services.*.ulimits.*")) return later;
    if (path.matches("networks.*.ipam.config")) return merge_pools(base, later);
    const auto [left, right] = align(std::move(base), later);
    if (left.is_scalar()) return right;
    if (left.kind() != right.kind()) return conflict(left, right);
    return left.is_mapping() ? merge_mappings(left, right) : append(left, right);
  }

 private:
  Node conflict(const Node& base, const Node& later) {
    report_.error(later.place(), path.text(),
                  "cannot override " + std::string(base.kind_name()) + " with " + std::string(later.kind_name()),
                  "write it in the same form as the file before, or tag it !override");
    return later;
  }

  /// Brings both sides of the keys that have a short form into the same form.
  std::pair<Node, Node> align(Node base, const Node& later) {
    if (path.matches("services.*.depends_on")) {
      Node edge = Node::make_mapping();
      edge.set("condition", Node::make_string("service_started"));
      edge.set("required", Node::make_bool(true));
      return {as_mapping(base, edge), as_mapping(later, edge)};
    }
    if (path.matches("services.*.networks") || path.matches("services.*.models"))
      return {as_mapping(base, Node{}), as_mapping(later, Node{})};
    if (path.matches("services.*.build")) return {as_build(base), as_build(later)};
    return {std::move(base), later};
  }

  static Node as_build(const Node& build) {
    if (!build.is_string()) return build;
    Node mapping = Node::make_mapping(build.place());
    mapping.set("context", build, build.place());
    return mapping;
  }

  static Node append(Node base, const Node& later) {
    for (const Node& item : later.items()) base.push_back(item);
    return base;
  }

  static Node append_new(Node base, const Node& later) {
    for (const Node& item : later.items()) {
      const auto& known = base.items();
      if (std::none_of(known.begin(), known.end(), [&](const Node& k) { return k.equals(item); })) base.push_back(item);
    }
    return base;
  }

  Node merge_mappings(Node base, const Node& later) {
    for (const Node::Entry& entry : later.entries()) {
      Node* known = base.find(entry.key);
      if (known == nullptr) {
        base.set(entry.key, entry.value, entry.key_place);
        continue;
      }
      const PathStep step(path, entry.key);
      *known = merge(std::move(*known), entry.value);
    }
    return base;
  }

  /// Options of different drivers do not mix.
  Node merge_logging(Node base, const Node& later) {
    const Node* left = base.find("driver");
    const Node* right = later.find("driver");
    if (left != nullptr && right != nullptr && !left->equals(*right)) return later;
    return merge_mappings(std::move(base), later);
  }

  /// As in Compose, pool by pool of the base: one that the later file gives for the same subnet merges over it, and one
  /// for another subnet takes its place.
  Node merge_pools(const Node& base, const Node& later) {
    Node pools = Node::make_sequence(base.place());
    for (Node own : base.items())
      for (const Node& other : later.items()) {
        if (!same_subnet(own, other) && find_pool(pools, other) == nullptr) {
          pools.push_back(other);
          continue;
        }
        const PathStep step(path, "[]");
        own = merge_mappings(std::move(own), other);
        if (Node* known = find_pool(pools, own))
          *known = own;
        else
          pools.push_back(own);
      }
    return pools;
  }

  static bool same_subnet(const Node& a, const Node& b) {
    const Node* left = a.find("subnet");
    const Node* right = b.find("subnet");
    return left == nullptr || right == nullptr ? left == right : left->equals(*right);
  }

  static Node* find_pool(Node& pools, const Node& wanted) {
    for (Node& pool : pools.items())
      if (same_subnet(pool, wanted)) return &pool;
    return nullptr;
  }

  Report& report_;
};

}  // namespace

Node merge_documents(Node base, const Node& later, Report& report) {
  if (base.is_null()) return later;
  Merger merger(report);
  return merger.merge(std::move(base), later);
}

Node merge_service(Node base, const Node& later, Report& report) {
  Merger merger(report);
  merger.path.push("services");
  merger.path.push("x");
  return merger.merge(std::move(base), later);
}

}  // namespace plimsoll::compose
