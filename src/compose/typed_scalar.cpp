#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "compose/byte_size.hpp"
#include "compose/duration.hpp"
#include "compose/typed_value.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

std::string shown(const Node& node) { return "\"" + mask_secrets(node.source_text()) + "\""; }

/// Replaces the value and keeps the place.
void replace(Node& node, Node value) {
  value.set_place(node.place());
  node = std::move(value);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return out;
}

bool allows(std::string_view allowed, std::string_view value) {
  while (true) {
    const std::size_t bar = allowed.find('|');
    if (allowed.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    allowed.remove_prefix(bar + 1);
  }
}

bool render_text(Node& node, const SchemaField& field, const std::string& path, Report& report) {
  if (node.is_null() && field.name == "pid") return false;  // the only text that the schema allows to be null
  if (!node.is_string()) {
    report_kind(node, path, "text", report, node.is_null() ? "give it a value or remove the key" : "put it in quotes");
    return true;
  }
  if (!field.allowed.empty() && !allows(field.allowed, node.string()))
    report.error(node.place(), path, shown(node) + " is not one of " + std::string(field.allowed), "use one of these");
  return field.shape == Shape::text_kept || (field.shape == Shape::text && !node.string().empty());
}

bool render_flag(Node& node, bool kept, const std::string& path, Report& report) {
  if (node.is_string()) {
    const std::string text = lower(node.string());
    const bool yes = text == "true" || text == "y" || text == "yes" || text == "on";
    const bool no = text == "false" || text == "n" || text == "no" || text == "off";
    if (yes || no) replace(node, Node::make_bool(yes));
  }
  if (!node.is_bool()) report_kind(node, path, "true or false", report, "write true or false");
  return kept || !node.is_bool() || node.as_bool();
}

/// `fraction`: one is cut off, as Compose does with some keys.
bool render_integer(Node& node, bool kept, bool fraction, const std::string& path, Report& report) {
  std::optional<std::int64_t> value;
  if (node.is_int()) value = node.as_int();
  if (node.is_float() && std::fabs(node.as_float()) < 9e18 &&
      (fraction || std::trunc(node.as_float()) >= node.as_float()))
    value = static_cast<std::int64_t>(node.as_float());
  if (node.is_string()) value = parse_number<std::int64_t>(node.string());
  if (!value) {
    report_kind(node, path, "a whole number", report);
    return true;
  }
  replace(node, Node::make_int(*value));
  return kept || *value != 0;
}

bool render_real(Node& node, const std::string& path, Report& report) {
  std::optional<double> value;
  if (node.is_number()) value = node.as_float();
  // Text is decimal, whatever YAML would make of it: "010" is ten.
  if (node.is_string()) value = parse_number<double>(node.string());
  if (!value || !std::isfinite(*value)) {
    report_kind(node, path, "a number", report);
    return true;
  }
  // Compose holds these in single precision; the shortest text of that is what it prints.
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<float>(*value)).ptr;
  double rounded = 0;
  std::from_chars(buffer.data(), end, rounded);
  replace(node, Node::make_float(rounded));
  return std::fpclassify(rounded) != FP_ZERO;
}

bool render_bytes(Node& node, bool text_only, const std::string& path, Report& report) {
  std::optional<std::int64_t> value;
  // Compose takes a number with a fraction or an exponent, too, and leaves the limit out.
  if (node.is_int() && !text_only) value = node.as_int();
  if (node.is_string()) value = parse_byte_size(node.string());
  // Unlimited swap is a plain -1: Compose refuses the text.
  if (!value || (node.is_string() && *value < 0)) {
    report_kind(node, path, "a size", report,
                value ? "write the number without quotes" : "write a number with a unit, such as \"512m\"");
    return true;
  }
  replace(node, Node::make_string(std::to_string(*value)));
  return *value != 0;
}

bool render_duration(Node& node, bool kept, const std::string& path, Report& report) {
  const auto value = node.is_string() ? parse_duration(node.string()) : std::nullopt;
  if (!value) {
    report_kind(node, path, "a duration", report, "write a number with a unit, such as 30s or 1m30s");
    return true;
  }
  replace(node, Node::make_string(duration_text(*value)));
  return kept || *value != 0;
}

bool render_published(Node& node, const std::string& path, Report& report) {
  if (node.is_int()) replace(node, Node::make_string(node.as_text()));
  if (!node.is_string()) report_kind(node, path, "text or a whole number", report);
  return !node.as_text().empty();
}

bool render_text_or_flag(Node& node, const std::string& path, Report& report) {
  if (node.is_bool()) replace(node, Node::make_string(node.as_text()));
  if (!node.is_string()) report_kind(node, path, "text, true or false", report);
  return !node.as_text().empty();
}

bool render_device_count(Node& node, const std::string& path, Report& report) {
  if (node.is_string() && lower(node.string()) == "all") replace(node, Node::make_int(-1));
  if (node.is_float()) {
    report_kind(node, path, "a whole number or all", report);
    return true;
  }
  return render_integer(node, false, false, path, report);
}

bool render_file_mode(Node& node, const std::string& path, Report& report) {
  std::optional<std::int64_t> value;
  if (node.is_int()) value = node.as_int();
  if (node.is_string()) {
    std::int64_t octal = 0;
    const std::string& text = node.string();
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octal, 8);
    if (error == std::errc{} && end == text.data() + text.size()) value = octal;
  }
  if (!value || *value < 0) {
    report_kind(node, path, "a file mode", report, "write it in octal, such as \"0440\"");
    return true;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *value, 8).ptr;
  replace(node, Node::make_string("0" + std::string(buffer.data(), end)));
  return true;
}

}  // namespace

void report_kind(const Node& node, const std::string& path, std::string_view wanted, Report& report, std::string mend) {
  std::string message = "must be " + std::string(wanted) + ", not ";
  message += node.is_string() && wanted != "text" ? shown(node) : std::string(node.kind_name());
  if (mend.empty()) mend = node.is_null() ? "give it a value or remove the key" : "write " + std::string(wanted);
  report.error(node.place(), path, std::move(message), std::move(mend));
}

namespace {

bool render_shape(Node& node, const SchemaField& field, const std::string& path, Report& report) {
  switch (field.shape) {
    case Shape::text:
    case Shape::text_kept:
    case Shape::text_dropped: return render_text(node, field, path, report);
    case Shape::flag: return render_flag(node, false, path, report);
    case Shape::flag_kept: return render_flag(node, true, path, report);
    case Shape::integer: return render_integer(node, false, true, path, report);
    case Shape::integer_kept: return render_integer(node, true, true, path, report);
    case Shape::whole: return render_integer(node, false, false, path, report);
    case Shape::whole_kept: return render_integer(node, true, false, path, report);
    case Shape::real: return render_real(node, path, report);
    case Shape::bytes: return render_bytes(node, false, path, report);
    case Shape::bytes_text: return render_bytes(node, true, path, report);
    case Shape::duration: return render_duration(node, false, path, report);
    case Shape::duration_kept: return render_duration(node, true, path, report);
    case Shape::published: return render_published(node, path, report);
    case Shape::text_or_flag: return render_text_or_flag(node, path, report);
    case Shape::device_count: return render_device_count(node, path, report);
    case Shape::file_mode: return render_file_mode(node, path, report);
    default: return true;
  }
}

}  // namespace

bool render_scalar(Node& node, const SchemaField& field, const std::string& path, Report& report) {
  if (field.no_text && node.is_string()) {
    report_kind(node, path, "a plain value", report, "write it without quotes");
    return true;
  }
  const bool kept = render_shape(node, field, path, report);
  if (field.rule != nullptr && !field.rule->holds(node))
    report.error(node.place(), path, shown(node) + " " + std::string(field.rule->fault), std::string(field.rule->mend));
  return kept;
}

}  // namespace plimsoll::compose
