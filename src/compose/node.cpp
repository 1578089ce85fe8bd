#include "compose/node.hpp"

#include <algorithm>
#include <utility>

#include "compose/scalar_resolution.hpp"
#include "compose/timestamp.hpp"

namespace plimsoll::compose {

SourcePosition Place::position() const { return {file ? *file : std::string{}, line, column}; }

Node Node::make_bool(bool value, Place place) {
  Node node;
  node.kind_ = Kind::boolean;
  node.bool_ = value;
  node.text_ = value ? "true" : "false";
  node.place_ = std::move(place);
  return node;
}

Node Node::make_int(std::int64_t value, Place place) {
  Node node;
  node.kind_ = Kind::integer;
  node.int_ = value;
  node.text_ = std::to_string(value);
  node.place_ = std::move(place);
  return node;
}

Node Node::make_float(double value, Place place) {
  Node node;
  node.kind_ = Kind::floating;
  node.float_ = value;
  node.text_ = float_text(value);
  node.place_ = std::move(place);
  return node;
}

Node Node::make_large(std::uint64_t value, Place place) {
  Node node = make_float(static_cast<double>(value), std::move(place));
  node.int_ = static_cast<std::int64_t>(value);
  node.text_ = node.as_text();
  return node;
}

Node Node::make_string(std::string value, Place place) {
  Node node;
  node.kind_ = Kind::string;
  node.text_ = std::move(value);
  node.place_ = std::move(place);
  return node;
}

Node Node::make_date(std::string source, Place place) {
  Node node = make_string(std::move(source), std::move(place));
  node.kind_ = Kind::date;
  return node;
}

Node Node::make_sequence(Place place) {
  Node node;
  node.kind_ = Kind::sequence;
  node.place_ = std::move(place);
  return node;
}

Node Node::make_mapping(Place place) {
  Node node;
  node.kind_ = Kind::mapping;
  node.place_ = std::move(place);
  return node;
}

std::string_view Node::kind_name() const noexcept {
  switch (kind_) {
    case Kind::null: return "null";
    case Kind::boolean: return "true or false";
    case Kind::integer: return "a whole number";
    case Kind::floating: return "a number";
    case Kind::string: return "text";
    case Kind::date: return "a date";
    case Kind::sequence: return "a list";
    case Kind::mapping: return "a mapping";
  }
  return "";
}

double Node::as_float() const noexcept { return is_int() ? static_cast<double>(int_) : float_; }

std::string Node::as_text() const {
  switch (kind_) {
    case Kind::boolean: return bool_ ? "true" : "false";
    case Kind::integer: return std::to_string(int_);
    case Kind::floating: return int_ == 0 ? float_text(float_) : std::to_string(static_cast<std::uint64_t>(int_));
    case Kind::string: return text_;
    case Kind::date: return timestamp_text(parse_timestamp(text_).value_or(Timestamp{}));
    default: return {};
  }
}

const std::string& Node::string() const noexcept {
  static const std::string empty;
  return is_string() ? text_ : empty;
}

const Node::Entry* Node::find_entry(std::string_view key) const noexcept {
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const noexcept {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Node* Node::find(std::string_view key) noexcept { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::set(std::string_view key, Node value, Place key_place) {
  if (is_null()) kind_ = Kind::mapping;
  for (Entry& entry : entries_) {
    if (entry.key != key) continue;
    entry.value = std::move(value);
    if (key_place.file) entry.key_place = std::move(key_place);
    return entry.value;
  }
  entries_.push_back({std::string(key), std::move(value), std::move(key_place)});
  return entries_.back().value;
}

void Node::erase(std::string_view key) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
}

void Node::set_source(std::string text, bool quoted) {
  text_ = std::move(text);
  quoted_ = quoted;
}

bool Node::equals(const Node& other) const {
  if (kind_ != other.kind_ || items_.size() != other.items_.size() || entries_.size() != other.entries_.size())
    return false;
  switch (kind_) {
    case Kind::boolean: return bool_ == other.bool_;
    case Kind::integer: return int_ == other.int_;
    case Kind::floating: return !(float_ < other.float_) && !(other.float_ < float_);
    case Kind::string:
    case Kind::date: return text_ == other.text_;
    default: break;
  }
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (!items_[i].equals(other.items_[i])) return false;
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    const Node* twin = other.find(entry.key);
    return twin != nullptr && entry.value.equals(*twin);
  });
}

std::size_t Node::node_count() const noexcept {
  std::size_t count = 1;
  for (const Node& item : items_) count += item.node_count();
  for (const Entry& entry : entries_) count += entry.value.node_count();
  return count;
}

std::size_t Node::text_bytes() const noexcept {
  std::size_t bytes = text_.size();
  for (const Node& item : items_) bytes += item.text_bytes();
  for (const Entry& entry : entries_) bytes += entry.key.size() + entry.value.text_bytes();
  return bytes;
}

std::string child_path(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
}

std::string child_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

}  // namespace plimsoll::compose
