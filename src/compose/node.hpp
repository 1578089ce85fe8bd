#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"

namespace plimsoll::compose {

/// Where a node was written. Cheap to copy: all nodes of a file share its name. Lines and columns count from 1; 0 is
/// unknown.
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
  /// The same as the value that diagnostics carry.
  [[nodiscard]] SourcePosition position() const;
};

/// One value of a YAML document: a tree of its own, with no library type in it. Mappings keep their order of insertion.
/// Plain scalars are resolved as go-yaml v3 does (Compose's own reader); quoted and block scalars are always strings.
/// A value type; not thread-safe beyond that.
class Node {
 public:
  enum class Kind { null, boolean, integer, floating, string, date, sequence, mapping };
  /// Compose's merge tags: `!reset` removes what earlier files said, `!override` replaces it.
  enum class Tag { none, reset, override_ };
  struct Entry;

  Node() = default;
  [[nodiscard]] static Node make_bool(bool value, Place place = {});
  [[nodiscard]] static Node make_int(std::int64_t value, Place place = {});
  [[nodiscard]] static Node make_float(double value, Place place = {});
  /// A whole number that is too large for `make_int`: a float that keeps all its digits as text.
  [[nodiscard]] static Node make_large(std::uint64_t value, Place place = {});
  [[nodiscard]] static Node make_string(std::string value, Place place = {});
  /// A date or time in one of the forms that `parse_timestamp` reads.
  [[nodiscard]] static Node make_date(std::string source, Place place = {});
  [[nodiscard]] static Node make_sequence(Place place = {});
  [[nodiscard]] static Node make_mapping(Place place = {});

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }
  [[nodiscard]] bool is_bool() const noexcept { return kind_ == Kind::boolean; }
  [[nodiscard]] bool is_int() const noexcept { return kind_ == Kind::integer; }
  [[nodiscard]] bool is_float() const noexcept { return kind_ == Kind::floating; }
  [[nodiscard]] bool is_number() const noexcept { return is_int() || is_float(); }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::string; }
  [[nodiscard]] bool is_date() const noexcept { return kind_ == Kind::date; }
  [[nodiscard]] bool is_sequence() const noexcept { return kind_ == Kind::sequence; }
  [[nodiscard]] bool is_mapping() const noexcept { return kind_ == Kind::mapping; }
  [[nodiscard]] bool is_scalar() const noexcept { return !is_sequence() && !is_mapping(); }
  /// `null`, `true or false`, `a whole number`, `a number`, `text`, `a date`, `a list`, `a mapping`: for messages.
  [[nodiscard]] std::string_view kind_name() const noexcept;

  [[nodiscard]] bool as_bool() const noexcept { return bool_; }                       ///< false unless `is_bool`
  [[nodiscard]] std::int64_t as_int() const noexcept { return is_int() ? int_ : 0; }  ///< 0 unless `is_int`
  [[nodiscard]] double as_float() const noexcept;                                     ///< of integers too; else 0
  /// The value as text, as Compose renders it where text is wanted: strings as they are, `true`, `83` for `0123`,
  /// `1.1` for `1.10`, `1e+06`, `2001-02-03 00:00:00 +0000 UTC` for a date; empty for null and collections.
  [[nodiscard]] std::string as_text() const;
  /// The string itself; empty unless `is_string`.
  [[nodiscard]] const std::string& string() const noexcept;
  /// What stands in the file (scalars); for strings the value.
  [[nodiscard]] const std::string& source_text() const noexcept { return text_; }
  /// True for quoted and block scalars.
  [[nodiscard]] bool quoted() const noexcept { return quoted_; }

  /// Items of a sequence; empty for anything else.
  [[nodiscard]] const std::vector<Node>& items() const noexcept { return items_; }
  [[nodiscard]] std::vector<Node>& items() noexcept { return items_; }
  /// Entries of a mapping in order; empty for anything else.
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::vector<Entry>& entries() noexcept { return entries_; }
  /// The value at `key`, or null pointer when this is no mapping or lacks it.
  [[nodiscard]] const Node* find(std::string_view key) const noexcept;
  [[nodiscard]] Node* find(std::string_view key) noexcept;
  [[nodiscard]] const Entry* find_entry(std::string_view key) const noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// Number of items or entries.
  [[nodiscard]] std::size_t size() const noexcept { return is_mapping() ? entries_.size() : items_.size(); }

  /// Sets or replaces an entry and returns its value; a null becomes a mapping first. The key keeps its old place
  /// when it was there and `key_place` has no file.
  Node& set(std::string_view key, Node value, Place key_place = {});
  /// Removes an entry, if there is one.
  void erase(std::string_view key);
  /// Appends to a sequence.
  void push_back(Node item) { items_.push_back(std::move(item)); }

  [[nodiscard]] const Place& place() const noexcept { return place_; }
  [[nodiscard]] SourcePosition position() const { return place_.position(); }
  void set_place(Place place) { place_ = std::move(place); }
  [[nodiscard]] Tag tag() const noexcept { return tag_; }
  void set_tag(Tag tag) noexcept { tag_ = tag; }
  void set_source(std::string text, bool quoted);

  /// True for a path that was written relative and made absolute by the loader (bind sources, `file:` of configs and
  /// secrets, ...): what tells a file of the repository from a path of the host.
  [[nodiscard]] bool was_relative_path() const noexcept { return was_relative_; }
  void set_was_relative_path(bool value) noexcept { was_relative_ = value; }

  /// Same kind and value, whatever the place, tag, source text and order of mapping entries.
  [[nodiscard]] bool equals(const Node& other) const;
  /// Number of nodes in this tree, itself included.
  [[nodiscard]] std::size_t node_count() const noexcept;
  /// Bytes of the scalars and keys in it.
  [[nodiscard]] std::size_t text_bytes() const noexcept;

 private:
  Kind kind_ = Kind::null;
  Tag tag_ = Tag::none;
  bool bool_ = false;
  bool quoted_ = false;
  bool was_relative_ = false;
  std::int64_t int_ = 0;  // of a float: the bits of the unsigned number that it was written as, or 0
  double float_ = 0;
  std::string text_;
  std::vector<Node> items_;
  std::vector<Entry> entries_;
  Place place_;
};

/// One entry of a mapping. Keys are text, whatever they looked like in the file.
struct Node::Entry {
  std::string key;
  Node value;
  Place key_place;
};

/// `path.key`, or `key` when `path` is empty: how paths in diagnostics are made.
[[nodiscard]] std::string child_path(std::string_view path, std::string_view key);
/// `path[index]`.
[[nodiscard]] std::string child_path(std::string_view path, std::size_t index);

}  // namespace plimsoll::compose
