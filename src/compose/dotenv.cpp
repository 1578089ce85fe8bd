#include "compose/dotenv.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "compose/interpolation.hpp"
#include "compose/text_split.hpp"
#include "model/limits.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/// The bytes of the blank at the front; 0 when there is none. Text that was copied from a page has no-break spaces.
std::size_t blank_at(std::string_view text) {
  if (text.starts_with("\u00a0") || text.starts_with("\u0085")) return 2;
  return !text.empty() && is_blank(text[0]) ? 1 : 0;
}

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty()) {
    if (text.ends_with("\u00a0") || text.ends_with("\u0085"))
      text.remove_suffix(2);
    else if (is_blank(text.back()))
      text.remove_suffix(1);
    else
      break;
  }
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_.-[]").find(c) != std::string_view::npos;
}

/// What `\0` and up to three digits after it stand for. Only three octal digits name a character; of all others the
/// zero goes and the rest stays as text, as in Compose.
std::string octal_escape(std::string_view digits) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  int code = 256;
  if (digits.size() == 3 && std::all_of(digits.begin(), digits.end(), is_octal))
    code = (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0');
  if (code > 255) return "\\" + std::string(digits);
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// `\n` and the like of a double-quoted value; `\$` becomes `$$`, which interpolation turns into `$`.
std::string unescape(std::string_view text) {
  static constexpr std::string_view kNames = "abfnrtv\"\\";
  static constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\"\\";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '\\') {
      out += text[i];
    } else if (next == '$') {
      out += "$$";
      ++i;
    } else if (const std::size_t known = kNames.find(next); next != '\0' && known != std::string_view::npos) {
      out += kBytes[known];
      ++i;
    } else if (next == '0') {
      std::size_t digits = 0;
      while (digits < 3 && i + 2 + digits < text.size() && is_digit(text[i + 2 + digits])) ++digits;
      out += octal_escape(text.substr(i + 2, digits));
      i += 1 + digits;
    } else {
      out += '\\';
    }
  }
  return out;
}

Diagnostic too_long(std::string_view file, int line = 0) {
  return {Severity::error,
          {std::string(file), line, line == 0 ? 0 : 1},
          "",
          "values of more than " + std::to_string(kMaxExpandedBytes) + " bytes once variables are put in",
          "use shorter values, or fewer"};
}

class Parser {
 public:
  Parser(std::string_view file, std::string_view bytes, const Lookup& outer, bool unset_is_error, const Lookup& earlier)
      : file_(file), rest_(bytes), outer_(outer), unset_is_error_(unset_is_error) {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    lookup_ = [this, &earlier](std::string_view name) -> std::optional<std::string> {
      if (auto value = outer_(name)) return value;
      if (auto found = result.values.find(name); found != result.values.end()) return found->second;
      return earlier ? earlier(name) : std::nullopt;
    };
  }
  void run() {
    while (!failed_ && skip_to_statement()) statement();
  }
  ParsedDotenv result;

 private:
  void advance(std::size_t count) {
    line_ += static_cast<int>(std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(count), '\n'));
    rest_.remove_prefix(count);
  }
  void advance_line() {
    advance(std::min(rest_.size(), rest_.find('\n') == std::string_view::npos ? rest_.size() : rest_.find('\n') + 1));
  }

  bool skip_to_statement() {
    while (!rest_.empty()) {
      if (rest_[0] == '#')
        advance_line();
      else if (const std::size_t blank = rest_[0] == '\n' ? 1 : blank_at(rest_); blank > 0)
        advance(blank);
      else
        return true;
    }
    return false;
  }

  void skip_blanks() {
    while (const std::size_t blank = blank_at(rest_)) advance(blank);
  }

  void statement() {
    if (rest_.starts_with("export") && rest_.size() > 6 && is_blank(rest_[6])) {
      advance(7);
      skip_blanks();
    }
    std::size_t end = 0;
    while (end < rest_.size() && (is_key_char(rest_[end]) || is_blank(rest_[end]))) ++end;
    const char separator = end < rest_.size() ? rest_[end] : '\n';
    const std::string key(without_blanks_behind(rest_.substr(0, end)));
    if (separator != '=' && separator != ':' && separator != '\n')
      return fail("unexpected character in the variable name \"" + mask_secrets(key) + "\"",
                  "use letters, digits and _");
    if (key.find_first_of(" \t") != std::string::npos)
      return fail("the key \"" + mask_secrets(key) + "\" contains a blank", "write KEY=VALUE");
    if (key.empty()) return fail("a line without a key", "write KEY=VALUE");
    if (separator == '\n') {
      if (auto value = outer_(key); value && take_room(value->size())) result.values[key] = std::move(*value);
      return advance_line();
    }
    advance(end + 1);
    skip_blanks();
    if (auto value = take_value(key)) result.values[key] = std::move(*value);
  }

  std::optional<std::string> take_value(const std::string& key) {
    if (rest_.starts_with("\"") || rest_.starts_with("'")) return take_quoted(key, rest_[0]);
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    const std::string_view text = line.substr(0, line.find(" #"));
    auto expanded = expand(key, without_blanks_behind(text));
    advance_line();
    return expanded;
  }

  std::optional<std::string> take_quoted(const std::string& key, char quote) {
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      // A backslash pairs with another one in both kinds of quotes, and only that keeps it from escaping the quote.
      if (rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == quote || rest_[i + 1] == '\\')) {
        if (quote == '"' || rest_[i + 1] == '\\') value += '\\';
        value += rest_[++i];
      } else if (rest_[i] == quote) {
        if (quote == '"') value = unescape(value);
        // An escape such as "\01" could forge a secret's token; tokens that interpolation brings in come later.
        if (has_secret_token(value) || value.find('\0') != std::string::npos) {
          fail("the value of " + key + " has a control character that no value may have", "remove the escape");
          return std::nullopt;
        }
        auto expanded = quote == '"' ? expand(key, value) : std::optional(value);
        advance(i + 1);
        return expanded;
      } else {
        value += rest_[i];
      }
    }
    fail("the value of " + key + " has no closing quote", "close the quote");
    return std::nullopt;
  }

  bool take_room(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > kMaxExpandedBytes && !failed_) refuse(too_long(file_, line_));
    return bytes_ <= kMaxExpandedBytes;
  }

  std::optional<std::string> expand(const std::string& key, std::string_view text) {
    Interpolated done = interpolate(text, lookup_, unset_is_error_);
    for (Diagnostic& problem : done.problems) {
      problem.where = {std::string(file_), line_, 1};
      problem.path = key;
      if (problem.severity == Severity::error) failed_ = true;
      result.diagnostics.push_back(std::move(problem));
    }
    return take_room(done.bytes) ? std::optional(std::move(done.text)) : std::nullopt;
  }

  void fail(std::string message, std::string mend) {
    refuse({Severity::error, {std::string(file_), line_, 1}, "", std::move(message), std::move(mend)});
  }

  void refuse(Diagnostic problem) {
    failed_ = true;
    result.diagnostics.push_back(std::move(problem));
  }

  std::string_view file_;
  std::string_view rest_;
  const Lookup& outer_;
  Lookup lookup_;
  bool unset_is_error_;
  bool failed_ = false;
  std::size_t bytes_ = 0;  // of the values, and of what was looked up for them
  int line_ = 1;
};

/// A file that holds our token delimiters could forge a secret.
std::optional<Diagnostic> refuse_tokens(std::string_view file, std::string_view bytes) {
  if (!has_secret_token(bytes)) return std::nullopt;
  return Diagnostic{Severity::error,
                    {std::string(file), 0, 0},
                    "",
                    "a control character (\\x01 or \\x02) that Plimsoll uses itself",
                    "remove the character"};
}

}  // namespace

ParsedDotenv parse_dotenv(std::string_view file, std::string_view bytes, const Lookup& outer, bool unset_is_error,
                          const Lookup& earlier) {
  if (auto refused = refuse_tokens(file, bytes)) return {{}, {*refused}};
  Parser parser(file, bytes, outer, unset_is_error, earlier);
  parser.run();
  return std::move(parser.result);
}

ParsedDotenv parse_raw_dotenv(std::string_view file, std::string_view bytes, const Lookup& outer) {
  if (auto refused = refuse_tokens(file, bytes)) return {{}, {*refused}};
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  ParsedDotenv result;
  std::size_t looked_up = 0;
  int number = 0;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (blank_at(line) > 0) line.remove_prefix(blank_at(line));
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string key(line.substr(0, equals));
    if (key.empty() || key.find_first_of(" \t\r\v\f") != std::string::npos) {
      result.diagnostics.push_back({Severity::error,
                                    {std::string(file), number, 1},
                                    "",
                                    key.empty() ? "a line without a key" : "a key with a blank in it",
                                    "write KEY=VALUE without blanks before the ="});
      continue;
    }
    if (equals != std::string_view::npos)
      result.values[key] = line.substr(equals + 1);
    else if (auto value = outer(key)) {
      looked_up += value->size();
      if (looked_up > kMaxExpandedBytes) return {{}, {too_long(file)}};
      result.values[key] = std::move(*value);
    }
  }
  return result;
}

}  // namespace plimsoll::compose
