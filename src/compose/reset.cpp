#include "compose/reset.hpp"

namespace plimsoll::compose {
namespace {

void visit(Node& node, std::vector<std::string>& path, ResetPaths& found) {
  if (node.is_sequence()) {
    std::erase_if(node.items(), [](const Node& item) { return item.tag() == Node::Tag::reset; });
    // What lies within a list names nothing in the model; it only goes itself.
    ResetPaths without_effect;
    for (Node& item : node.items()) visit(item, path, without_effect);
    return;
  }
  for (Node::Entry& entry : node.entries()) {
    path.push_back(entry.key);
    if (entry.value.tag() != Node::Tag::none) {
      found.push_back(path);
    } else if (!entry.value.is_scalar()) {
      visit(entry.value, path, found);
    }
    path.pop_back();
  }
  std::erase_if(node.entries(), [](const Node::Entry& entry) { return entry.value.tag() == Node::Tag::reset; });
}

}  // namespace

ResetPaths take_resets(Node& document) {
  ResetPaths found;
  std::vector<std::string> path;
  visit(document, path, found);
  return found;
}

void apply_resets(Node& accumulated, const ResetPaths& paths) {
  for (const auto& path : paths) {
    Node* parent = &accumulated;
    for (std::size_t i = 0; parent != nullptr && i + 1 < path.size(); ++i) parent = parent->find(path[i]);
    if (parent != nullptr) parent->erase(path.back());
  }
}

}  // namespace plimsoll::compose
