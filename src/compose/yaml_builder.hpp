#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compose/node.hpp"
#include "compose/yaml_parser.hpp"

namespace plimsoll::compose {

/// What makes `YamlBuilder` give up: a limit or a rule of ours was broken. Never leaves `parse_yaml`.
struct YamlRefusal : std::runtime_error {
  YamlRefusal(Diagnostic d) : std::runtime_error(d.message), diagnostic(std::move(d)) {}
  Diagnostic diagnostic;
};

/// Builds trees out of a stream of YAML events, under the limits of `parse_yaml`. One per file; anchors are per
/// document. Each call throws `YamlRefusal` when a limit is passed.
class YamlBuilder {
 public:
  explicit YamlBuilder(std::shared_ptr<const std::string> file, YamlRules rules)
      : file_(std::move(file)), rules_(rules) {}

  void start_document();
  /// A scalar; `plain` ones are resolved unless `tag` says otherwise. `anchor` 0 is none.
  void scalar(int line, int column, std::string_view tag, bool plain, std::size_t anchor, std::string_view text);
  void start_collection(int line, int column, std::string_view tag, std::size_t anchor, bool mapping);
  void end_collection();
  void alias(int line, int column, std::size_t anchor);
  struct OpenKey {
    std::string_view text;
    bool quoted = false;
    Place place;
  };
  /// The key that has no value yet; absent when there is none. Valid until the next call.
  [[nodiscard]] std::optional<OpenKey> open_key() const;
  [[noreturn]] void refuse(int line, int column, std::string message, std::string mend) const;
  /// What is wrong and does not keep the rest from being read: keys that stand twice.
  [[nodiscard]] Diagnostics take_problems() { return std::move(problems_); }
  /// The finished document.
  [[nodiscard]] Node take_document();

 private:
  struct Frame {
    Node node;
    std::size_t anchor = 0;
    bool has_key = false;
    std::string key;
    Place key_place;
    bool key_is_merge = false;
    bool key_quoted = false;
    bool key_is_repeated = false;
    std::vector<Node> merges;
    std::unordered_map<std::string, int> key_lines;  // duplicates are searched here, not in the mapping
  };

  [[nodiscard]] Node resolve(std::string_view tag, bool plain, std::string_view text, const Place& where) const;
  void add(Node node, std::size_t anchor);
  void take_key(const Node& node);
  void take_value(Frame& frame, Node node);
  void report_repeated_key(const Place& where, int first_line);
  void merge_into(Node& mapping, const std::vector<Node>& merges) const;
  void check_room(const Node& collection, const Place& where) const;
  void count(std::size_t nodes, std::size_t bytes, const Place& where);
  [[nodiscard]] Place place(int line, int column) const { return {file_, line, column}; }
  [[noreturn]] void refuse(const Place& where, std::string message, std::string mend) const;

  std::shared_ptr<const std::string> file_;
  YamlRules rules_;
  std::vector<Frame> frames_;
  std::unordered_map<std::size_t, Node> anchors_;
  std::size_t nodes_ = 0;  // of the whole file, as are the bytes
  std::size_t bytes_ = 0;
  Node document_;
  Diagnostics problems_;
};

}  // namespace plimsoll::compose
