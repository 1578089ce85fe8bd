#include "compose/yaml_builder.hpp"

#include <unordered_set>

#include "compose/scalar_resolution.hpp"
#include "model/limits.hpp"
#include "model/secret.hpp"
#include "model/utf8_text.hpp"

namespace plimsoll::compose {
namespace {

/// What the tags of YAML itself begin with.
constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";

/// True when a plain scalar that reads as `node` may bear this tag of YAML's own.
bool fits(const Node& node, std::string_view tag) {
  if (tag == "int") return node.is_int();
  if (tag == "float") return node.is_number();
  if (tag == "bool") return node.is_bool();
  if (tag == "null") return node.is_null();
  return tag != "timestamp" || node.is_date();
}

Node::Tag merge_tag(std::string_view tag) {
  if (tag == "!reset") return Node::Tag::reset;
  if (tag == "!override") return Node::Tag::override_;
  return Node::Tag::none;
}

/// As in Compose, what is reset is so where it is written, and not where an alias repeats it.
void drop_resets(Node& node) {
  std::erase_if(node.items(), [](const Node& item) { return item.tag() == Node::Tag::reset; });
  std::erase_if(node.entries(), [](const Node::Entry& entry) { return entry.value.tag() == Node::Tag::reset; });
  for (Node& item : node.items()) drop_resets(item);
  for (Node::Entry& entry : node.entries()) drop_resets(entry.value);
}

}  // namespace

void YamlBuilder::refuse(const Place& where, std::string message, std::string mend) const {
  throw YamlRefusal(Diagnostic{Severity::error, where.position(), "", std::move(message), std::move(mend)});
}

void YamlBuilder::refuse(int line, int column, std::string message, std::string mend) const {
  refuse(place(line, column), std::move(message), std::move(mend));
}

std::optional<YamlBuilder::OpenKey> YamlBuilder::open_key() const {
  if (frames_.empty() || !frames_.back().node.is_mapping() || !frames_.back().has_key) return std::nullopt;
  return OpenKey{frames_.back().key, frames_.back().key_quoted, frames_.back().key_place};
}

void YamlBuilder::count(std::size_t nodes, std::size_t bytes, const Place& where) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > kMaxYamlNodes)
    refuse(where, "more than " + std::to_string(kMaxYamlNodes) + " values once aliases are followed",
           "split the file or use fewer aliases");
  if (bytes_ > kMaxYamlBytes)
    refuse(where, "more than " + std::to_string(kMaxYamlBytes) + " bytes of text once aliases are followed",
           "split the file or use fewer aliases");
}

void YamlBuilder::check_room(const Node& collection, const Place& where) const {
  if (collection.size() >= kMaxEntries)
    refuse(where, std::string(collection.kind_name()) + " with more than " + std::to_string(kMaxEntries) + " entries",
           "use fewer");
}

void YamlBuilder::start_document() {
  frames_.clear();
  anchors_.clear();
  document_ = Node{};
}

void YamlBuilder::scalar(int line, int column, std::string_view tag, bool plain, std::size_t anchor,
                         std::string_view text) {
  const Place where = place(line, column);
  count(1, text.size(), where);
  if (has_secret_token(text))
    refuse(where, "a control character (\\x01 or \\x02) that Plimsoll uses itself", "remove the character");
  Node node = resolve(tag, plain, text, where);
  if (!plain && !tag.ends_with(":binary")) node.set_source(std::string(text), true);
  node.set_tag(merge_tag(tag));
  add(std::move(node), anchor);
}

Node YamlBuilder::resolve(std::string_view tag, bool plain, std::string_view text, const Place& where) const {
  const bool core = tag.starts_with(kCoreTags);
  const std::string_view name = core ? tag.substr(kCoreTags.size()) : std::string_view{};
  if (name == "binary") {
    auto bytes = decode_binary(text);
    if (!bytes || !is_utf8(*bytes) || has_secret_token(*bytes) || bytes->find('\0') != std::string::npos)
      refuse(where, "a value that is tagged !!binary and is no text in base64", "write the text itself");
    return Node::make_string(std::move(*bytes), where);
  }
  // A tag that YAML does not know says nothing about the value but that it is no number, no null and so on.
  const bool text_only = name == "str" || (!core && tag.size() > 1 && tag != "!reset");
  if (!plain || text_only) return Node::make_string(std::string(text), where);
  Node node = resolve_plain_scalar(text, where);
  if (core && !fits(node, name))
    refuse(where, "a value that is tagged !!" + std::string(name) + " and is " + std::string(node.kind_name()),
           "remove the tag, or correct the value");
  if (name == "float" && node.is_int()) node = Node::make_float(node.as_float(), where);
  if (node.is_date() && rules_ == YamlRules::ours) node = Node::make_string(std::string(text), where);
  return node;
}

void YamlBuilder::start_collection(int line, int column, std::string_view tag, std::size_t anchor, bool mapping) {
  const Place where = place(line, column);
  count(1, 0, where);
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
  if (!frame.merges.empty()) {
    merge_into(frame.node, frame.merges);
    if (frame.node.size() > kMaxEntries) check_room(frame.node, frame.node.place());
  }
  add(std::move(frame.node), frame.anchor);
}

void YamlBuilder::alias(int line, int column, std::size_t anchor) {
  const Place where = place(line, column);
  auto found = anchors_.find(anchor);
  if (found == anchors_.end()) refuse(where, "an alias inside its own anchor", "remove the cycle");
  count(found->second.node_count(), found->second.text_bytes(), where);
  add(found->second, 0);
  // A key that stands there as an alias stands there in other characters, as a quoted one may.
  if (!frames_.empty() && frames_.back().has_key) {
    frames_.back().key_place = where;
    frames_.back().key_quoted = true;
  }
}

void YamlBuilder::add(Node node, std::size_t anchor) {
  if (anchor != 0) {
    // The copy counts: anchors within anchors would copy the innermost as often as they are deep.
    count(node.node_count(), node.text_bytes(), node.place());
    Node& anchored = anchors_[anchor] = node;
    if (rules_ == YamlRules::compose) drop_resets(anchored);
  }
  if (frames_.empty()) {
    document_ = std::move(node);
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node.is_sequence()) {
    check_room(frame.node, node.place());
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
  if (rules_ == YamlRules::compose && !node.is_string())
    refuse(node.place(), "the key " + (node.source_text().empty() ? "null" : node.source_text()) + " is no text",
           "put it in quotes");
  if (node.source_text().size() > kMaxKeyBytes)
    refuse(node.place(), "a key of more than " + std::to_string(kMaxKeyBytes) + " bytes", "use a shorter one");
  check_room(frame.node, node.place());
  frame.key = node.is_null() && node.source_text().empty() ? "null" : node.source_text();
  frame.key_place = node.place();
  frame.key_quoted = node.quoted();
  frame.key_is_merge = !node.quoted() && frame.key == "<<";
  frame.has_key = true;
  auto [known, inserted] = frame.key_lines.emplace(frame.key, node.place().line);
  frame.key_is_repeated = !inserted;
  if (!inserted) report_repeated_key(node.place(), known->second);
}

void YamlBuilder::report_repeated_key(const Place& where, int first_line) {
  std::string path;
  for (const Frame& frame : frames_)
    path = frame.node.is_mapping() ? child_path(path, frame.key) : child_path(path, frame.node.size());
  problems_.push_back({Severity::error, where.position(), std::move(path),
                       "key \"" + frames_.back().key + "\" is already defined on line " + std::to_string(first_line),
                       "remove one of the two"});
  if (problems_.size() > kMaxDiagnostics) refuse(where, "too many keys that stand twice", "remove one of each two");
}

void YamlBuilder::take_value(Frame& frame, Node node) {
  frame.has_key = false;
  if (frame.key_is_repeated) return;
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

void YamlBuilder::merge_into(Node& mapping, const std::vector<Node>& merges) const {
  std::unordered_set<std::string> known;
  // What is reset here goes from the files before; what is merged in stays, as in Compose (`take_resets` parts the
  // two).
  for (const Node::Entry& entry : mapping.entries())
    if (rules_ != YamlRules::compose || entry.value.tag() != Node::Tag::reset) known.insert(entry.key);
  for (const Node& merged : merges)
    for (const Node::Entry& entry : merged.entries())
      if (known.insert(entry.key).second) mapping.entries().push_back(entry);
}

Node YamlBuilder::take_document() { return std::move(document_); }

}  // namespace plimsoll::compose
