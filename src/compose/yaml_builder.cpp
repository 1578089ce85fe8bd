#include "compose/yaml_builder.hpp"

#include "compose/scalar_resolution.hpp"
#include "model/repository_files.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

Node::Tag merge_tag(std::string_view tag) {
  if (tag == "!reset") return Node::Tag::reset;
  if (tag == "!override") return Node::Tag::override_;
  return Node::Tag::none;
}

}  // namespace

void YamlBuilder::refuse(const Place& where, std::string message, std::string mend) const {
  throw YamlRefusal(Diagnostic{Severity::error, where.position(), "", std::move(message), std::move(mend)});
}

void YamlBuilder::count(std::size_t nodes, const Place& where) {
  nodes_ += nodes;
  if (nodes_ > kMaxYamlNodes)
    refuse(where, "more than " + std::to_string(kMaxYamlNodes) + " values once aliases are followed",
           "split the file or use fewer aliases");
}

void YamlBuilder::start_document() {
  frames_.clear();
  anchors_.clear();
  weights_.clear();
  document_ = Node{};
}

void YamlBuilder::scalar(int line, int column, std::string_view tag, bool plain, std::size_t anchor,
                         std::string_view text) {
  const Place where = place(line, column);
  count(1, where);
  if (has_secret_token(text))
    refuse(where, "a control character (\\x01 or \\x02) that Plimsoll uses itself", "remove the character");
  Node node =
      plain && tag != kStringTag ? resolve_plain_scalar(text, where) : Node::make_string(std::string(text), where);
  if (!plain) node.set_source(std::string(text), true);
  node.set_tag(merge_tag(tag));
  add(std::move(node), anchor);
}

void YamlBuilder::start_collection(int line, int column, std::string_view tag, std::size_t anchor, bool mapping) {
  const Place where = place(line, column);
  count(1, where);
  if (frames_.size() >= static_cast<std::size_t>(kMaxYamlDepth))
    refuse(where, "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels", "flatten the file");
  if (!frames_.empty() && frames_.back().node.is_mapping() && !frames_.back().has_key)
    refuse(where, "a list or mapping used as a key", "use text as the key");
  Frame frame;
  frame.node = mapping ? Node::make_mapping(where) : Node::make_sequence(where);
  frame.node.set_tag(merge_tag(tag));
  frame.anchor = anchor;
  frames_.push_back(std::move(frame));
}

void YamlBuilder::end_collection() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  for (const Node& merged : frame.merges) merge_into(frame.node, merged);
  add(std::move(frame.node), frame.anchor);
}

void YamlBuilder::alias(int line, int column, std::size_t anchor) {
  const Place where = place(line, column);
  auto found = anchors_.find(anchor);
  if (found == anchors_.end()) refuse(where, "an alias inside its own anchor", "remove the cycle");
  count(weights_[anchor], where);
  add(found->second, 0);
}

void YamlBuilder::add(Node node, std::size_t anchor) {
  if (anchor != 0) {
    weights_[anchor] = node.node_count();
    anchors_[anchor] = node;
  }
  if (frames_.empty()) {
    document_ = std::move(node);
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node.is_sequence()) {
    frame.node.push_back(std::move(node));
  } else if (!frame.has_key) {
    take_key(node);
  } else {
    take_value(frame, std::move(node));
  }
}

void YamlBuilder::take_key(const Node& node) {
  Frame& frame = frames_.back();
  if (!node.is_scalar()) refuse(node.place(), "a list or mapping used as a key", "use text as the key");
  frame.key = node.is_null() && node.source_text().empty() ? "null" : node.source_text();
  frame.key_place = node.place();
  frame.key_is_merge = !node.quoted() && frame.key == "<<";
  frame.has_key = true;
  auto [known, inserted] = frame.key_lines.emplace(frame.key, node.place().line);
  if (!inserted)
    refuse(node.place(), "key \"" + frame.key + "\" is already defined on line " + std::to_string(known->second),
           "remove one of the two");
}

void YamlBuilder::take_value(Frame& frame, Node node) {
  frame.has_key = false;
  if (!frame.key_is_merge) {
    // Null and empty values bear the position after the key's line: point at the key instead.
    if (node.is_null()) node.set_place(frame.key_place);
    frame.node.entries().push_back({std::move(frame.key), std::move(node), frame.key_place});
    return;
  }
  const bool list = node.is_sequence();
  for (const Node& item : list ? node.items() : std::vector<Node>{node})
    if (!item.is_mapping())
      refuse(frame.key_place, "a merge key (<<) with a value that is no mapping and no list of mappings",
             "give it an alias of a mapping");
  if (list)
    frame.merges.insert(frame.merges.end(), node.items().begin(), node.items().end());
  else
    frame.merges.push_back(std::move(node));
}

void YamlBuilder::merge_into(Node& mapping, const Node& merged) const {
  std::unordered_map<std::string_view, bool> known;
  for (const Node::Entry& entry : mapping.entries()) known.emplace(entry.key, true);
  std::vector<const Node::Entry*> added;
  for (const Node::Entry& entry : merged.entries())
    if (!known.contains(entry.key)) added.push_back(&entry);
  for (const Node::Entry* entry : added) mapping.entries().push_back(*entry);
}

Node YamlBuilder::take_document() { return std::move(document_); }

}  // namespace plimsoll::compose
