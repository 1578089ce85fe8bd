#include "compose/interpolation.hpp"

#include <optional>
#include <utility>

#include "model/limits.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

bool starts_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::string_view name_at(std::string_view text, std::size_t from) {
  if (from >= text.size() || !starts_name(text[from])) return {};
  std::size_t end = from + 1;
  while (end < text.size() && continues_name(text[end])) ++end;
  return text.substr(from, end - from);
}

/// Index of the brace that closes the one at `open`; npos when there is none, or only on a later line. A brace right
/// behind an opening one does not count, as in Compose: `{{` opens once.
std::size_t closing_brace(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '}' && --depth == 0) return i;
    if (text[i] == '{') {
      ++depth;
      ++i;
    }
  }
  return std::string_view::npos;
}

/// Index of the last closing brace on the line; npos when there is none.
std::size_t last_brace(std::string_view text, std::size_t from) {
  const std::size_t at = text.substr(0, text.find('\n', from)).rfind('}');
  return at == std::string_view::npos || at < from ? std::string_view::npos : at;
}

class Interpolator {
 public:
  Interpolator(const Lookup& lookup, bool unset_is_error, std::size_t own_bytes)
      : bytes(own_bytes), lookup_(lookup), unset_is_error_(unset_is_error) {}

  std::string run(std::string_view text) {
    constexpr int kMaxNesting = 50;
    if (++depth_ > kMaxNesting) {
      refuse("defaults nested deeper than " + std::to_string(kMaxNesting) + " levels", "simplify the value");
      --depth_;
      return {};
    }
    std::string out;
    for (std::size_t i = 0; i < text.size() && !ended_;) {
      const std::size_t dollar = text.find('$', i);
      out.append(text.substr(i, dollar == std::string_view::npos ? dollar : dollar - i));
      if (dollar == std::string_view::npos) break;
      i = take(text, dollar, out);
    }
    --depth_;
    return out;
  }
  Diagnostics problems;
  std::size_t bytes;

 private:
  /// A value counts also where only its presence is asked for: it was copied all the same.
  std::optional<std::string> look_up(std::string_view name) {
    if (ended_) return std::string{};
    auto value = lookup_(name);
    if (value) bytes += value->size();
    if (bytes > kMaxExpandedBytes) {
      refuse("more than " + std::to_string(kMaxExpandedBytes) + " bytes once variables are put in",
             "use shorter values, or fewer");
      ended_ = true;
    }
    return value;
  }

  /// Handles the `$` at `at`; returns where to go on.
  std::size_t take(std::string_view text, std::size_t at, std::string& out) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next == '{') return take_braced(text, at, out);
    if (const std::string_view name = name_at(text, at + 1); !name.empty()) {
      out += plain(name);
      return at + 1 + name.size();
    }
    out += '$';
    return at + (next == '$' ? 2 : 1);
  }

  std::size_t take_braced(std::string_view text, std::size_t at, std::string& out) {
    std::size_t close = closing_brace(text, at + 1);
    // A brace too many belongs to the default, which then goes up to the line's last one.
    if (close == std::string_view::npos) close = last_brace(text, at + 1);
    if (close == std::string_view::npos) {
      refuse("invalid interpolation format", "close the brace on the same line, or escape the $ with another $");
      return text.size();
    }
    out += braced(text.substr(at + 2, close - at - 2));
    return close + 1;
  }

  std::string braced(std::string_view inside) {
    const std::string_view name = name_at(inside, 0);
    std::string_view rest = inside.substr(name.size());
    if (!name.empty() && rest.empty()) return plain(name);
    const bool colon = !rest.empty() && rest[0] == ':';
    const char operation = rest.size() > (colon ? 1U : 0U) ? rest[colon ? 1 : 0] : '\0';
    if (name.empty() || (operation != '-' && operation != '?' && operation != '+')) {
      refuse("invalid interpolation format \"${" + std::string(inside) + "}\"",
             "use ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+other}, or escape the $ with another $");
      return {};
    }
    rest.remove_prefix(colon ? 2 : 1);
    const auto value = look_up(name);
    const bool present = value && !(colon && value->empty());
    if (operation == '+') return present ? run(rest) : std::string{};
    if (present) return *value;
    if (operation == '-') return run(rest);
    require(name, rest);
    return {};
  }

  std::string plain(std::string_view name) {
    if (auto value = look_up(name)) return *value;
    const std::string quoted = "variable " + std::string(name);
    if (unset_is_error_)
      refuse(quoted + " is not set", "set it, or give it a default: ${" + std::string(name) + ":-}");
    else
      add({Severity::warning, {}, "", quoted + " is not set and stands for the empty text", ""});
    return {};
  }

  void require(std::string_view name, std::string_view message) {
    std::string text = "required variable " + std::string(name) + " is missing a value";
    if (const std::string why = run(message); !why.empty()) text += ": " + mask_secrets(why);
    refuse(std::move(text), "set it");
  }

  void refuse(std::string message, std::string mend) {
    add({Severity::error, {}, "", std::move(message), std::move(mend)});
  }

  void add(Diagnostic problem) {
    problems.push_back(std::move(problem));
    ended_ = ended_ || problems.size() > kMaxDiagnostics;
  }

  const Lookup& lookup_;
  bool unset_is_error_;
  int depth_ = 0;
  bool ended_ = false;
};

}  // namespace

Interpolated interpolate(std::string_view text, const Lookup& lookup, bool unset_is_error) {
  Interpolated result;
  if (text.find('$') == std::string_view::npos) {
    result.text = text;
    result.bytes = text.size();
    return result;
  }
  Interpolator interpolator(lookup, unset_is_error, text.size());
  result.text = interpolator.run(text);
  result.bytes = interpolator.bytes;
  result.problems = std::move(interpolator.problems);
  return result;
}

}  // namespace plimsoll::compose
