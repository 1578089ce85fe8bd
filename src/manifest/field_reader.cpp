#include "manifest/field_reader.hpp"

#include <charconv>

#include "compose/byte_size.hpp"
#include "compose/duration.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {

using compose::Node;

namespace {

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end ? std::optional(value) : std::nullopt;
}

}  // namespace

const Node* FieldReader::get(std::string_view key) const {
  const Node* found = node_->find(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

FieldReader FieldReader::at(std::string_view key) const {
  static const Node empty = Node::make_mapping();
  const Node* found = get(key);
  if (found != nullptr && !found->is_mapping()) wrong_kind(key, "a mapping");
  return {found != nullptr && found->is_mapping() ? *found : empty, path_of(key), *findings_};
}

SourcePosition FieldReader::position_of(std::string_view key) const {
  const Node::Entry* entry = node_->find_entry(key);
  if (entry == nullptr) return node_->position();
  // Values that the loader made up have no place of their own.
  const SourcePosition where = value_position(*entry);
  return where.line != 0 ? where : node_->position();
}

std::string FieldReader::text(std::string_view key) const {
  const Node* found = get(key);
  if (found == nullptr) return {};
  if (!found->is_scalar()) wrong_kind(key, "text");
  return found->as_text();
}

bool FieldReader::flag(std::string_view key, bool default_value) const {
  return optional_flag(key).value_or(default_value);
}

std::optional<bool> FieldReader::optional_flag(std::string_view key) const {
  const Node* found = get(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_bool()) return found->as_bool();
  wrong_kind(key, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::whole(std::string_view key, std::int64_t min, std::int64_t max) const {
  const Node* found = get(key);
  if (found == nullptr) return std::nullopt;
  const auto value = found->is_scalar() ? parse_number<std::int64_t>(found->as_text()) : std::nullopt;
  if (value && *value >= min && *value <= max) return value;
  wrong_kind(key, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<int> FieldReader::small(std::string_view key, int min, int max) const {
  const auto value = whole(key, min, max);
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

std::optional<double> FieldReader::decimal(std::string_view key) const {
  const Node* found = get(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_number() && found->as_float() >= 0 && found->as_float() < 1e9) return found->as_float();
  const auto value = found->is_string() ? parse_number<double>(found->string()) : std::nullopt;
  // The comparisons are false for NaN too.
  if (value && *value >= 0 && *value < 1e9) return value;
  wrong_kind(key, "a number, not negative");
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::bytes(std::string_view key) const {
  const Node* found = get(key);
  if (found == nullptr) return std::nullopt;
  const auto value = found->is_scalar() ? compose::parse_byte_size(found->as_text()) : std::nullopt;
  if (!value) wrong_kind(key, "a size such as 512m");
  return value;
}

std::optional<Millis> FieldReader::duration(std::string_view key) const {
  const Node* found = get(key);
  if (found == nullptr) return std::nullopt;
  const auto nanoseconds = found->is_scalar() ? compose::parse_duration(found->as_text()) : std::nullopt;
  const bool positive = nanoseconds && *nanoseconds >= 0;
  const Millis value{nanoseconds.value_or(0) / 1'000'000};
  if (positive && value <= kMaxDuration) return value;
  wrong_kind(key, positive ? "a duration of a year at most" : "a duration such as 30s");
  return std::nullopt;
}

std::vector<std::string> FieldReader::texts(std::string_view key) const {
  return optional_texts(key).value_or(std::vector<std::string>());
}

std::optional<std::vector<std::string>> FieldReader::optional_texts(std::string_view key) const {
  const Node* found = get(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_mapping()) {
    wrong_kind(key, "a list of texts");
    return std::nullopt;
  }
  if (found->is_scalar()) return std::vector<std::string>{found->as_text()};
  std::vector<std::string> out;
  for (const Node& item : found->items()) {
    if (!item.is_scalar()) {
      wrong_kind(key, "a list of texts");
      return std::nullopt;
    }
    out.push_back(item.as_text());
  }
  return out;
}

std::map<std::string, std::optional<std::string>> FieldReader::optional_map(std::string_view key) const {
  std::map<std::string, std::optional<std::string>> out;
  const Node* found = get(key);
  if (found == nullptr) return out;
  for (const Node::Entry& entry : found->entries()) {
    if (!entry.value.is_scalar()) wrong_kind(key, "a mapping to texts");
    out[entry.key] = entry.value.is_null() ? std::nullopt : std::optional(entry.value.as_text());
  }
  for (const Node& item : found->items()) {
    const std::string text = item.as_text();
    const std::size_t equals = text.find('=');
    out[text.substr(0, equals)] = equals == std::string::npos ? std::nullopt : std::optional(text.substr(equals + 1));
  }
  if (found->is_scalar()) wrong_kind(key, "a mapping to texts");
  return out;
}

std::map<std::string, std::string> FieldReader::text_map(std::string_view key) const {
  std::map<std::string, std::string> out;
  for (auto& [name, value] : optional_map(key)) out[name] = value.value_or("");
  return out;
}

void FieldReader::error(std::string_view key, std::string message, std::string mend) const {
  findings_->error(position_of(key), path_of(key), std::move(message), std::move(mend));
}

void FieldReader::warning(std::string_view key, std::string message, std::string mend) const {
  findings_->warning(position_of(key), path_of(key), std::move(message), std::move(mend));
}

void FieldReader::notice(std::string_view key, std::string message, std::string mend) const {
  findings_->notice(position_of(key), path_of(key), std::move(message), std::move(mend));
}

void FieldReader::wrong_kind(std::string_view key, std::string_view wanted) const {
  const Node* found = node_->find(key);
  const std::string shown = found == nullptr || !found->is_scalar() ? "" : " (\"" + found->as_text() + "\")";
  error(key, "must be " + std::string(wanted) + ", is " +
                 std::string(found == nullptr ? "absent" : found->kind_name()) + shown);
}

}  // namespace plimsoll::manifest
