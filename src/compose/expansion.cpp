#include "compose/expansion.hpp"

namespace plimsoll::compose {
namespace {

[[noreturn]] void refuse(const Place& where, std::string message, std::string mend) {
  throw LoadRefusal(Diagnostic{Severity::error, where.position(), "", std::move(message), std::move(mend)});
}

}  // namespace

void Expansion::add(std::size_t nodes, std::size_t bytes, const Place& where) {
  weight_ += nodes * kNodeWeight + bytes;
  if (stop_.stop_requested()) refuse(where, "the load was stopped", "");
  if (is_exceeded())
    refuse(where,
           "the app weighs more than " + std::to_string(allowed_) +
               " bytes once its aliases, variables, extends, includes, env files and ranges are followed",
           "split it into several apps, or repeat less");
}

void Expansion::add_tree(const Node& node, std::size_t& weight) const {
  if (node.size() > kMaxEntries)
    refuse(node.place(),
           std::string(node.kind_name()) + " with " + std::to_string(node.size()) +
               " entries, more than the limit of " + std::to_string(kMaxEntries),
           "use fewer");
  weight += kNodeWeight + node.source_text().size();
  for (const Node& item : node.items()) add_tree(item, weight);
  for (const Node::Entry& entry : node.entries()) {
    weight += entry.key.size();
    add_tree(entry.value, weight);
  }
}

void Expansion::add(const Node& tree, const Place& where) {
  std::size_t weight = 0;
  add_tree(tree, weight);
  add(0, weight, where);
}

void Expansion::add(const Variables& variables, const Place& where) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : variables.values()) bytes += name.size() + value.size();
  add(variables.values().size(), bytes, where);
}

void Expansion::add_files(std::size_t files, std::size_t bytes, const Place& where) {
  add(files, bytes / kMountedBytesPerWeight, where);
}

}  // namespace plimsoll::compose
