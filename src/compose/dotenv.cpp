#include "compose/dotenv.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "compose/interpolation.hpp"
#include "compose/text_split.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_.-[]").find(c) != std::string_view::npos;
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
      int code = 0;
      std::size_t digits = 0;
      for (i += 2; i < text.size() && digits < 3 && text[i] >= '0' && text[i] <= '7'; ++i, ++digits)
        code = code * 8 + (text[i] - '0');
      --i;
      out += static_cast<char>(code);
    } else {
      out += '\\';
    }
  }
  return out;
}

class Parser {
 public:
  Parser(std::string_view file, std::string_view bytes, const Lookup& outer, bool unset_is_error)
      : file_(file), rest_(bytes), outer_(outer), unset_is_error_(unset_is_error) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    lookup_ = [this](std::string_view name) -> std::optional<std::string> {
      if (auto value = outer_(name)) return value;
      auto found = result.values.find(name);
      return found == result.values.end() ? std::nullopt : std::optional(found->second);
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
      else if (is_blank(rest_[0]) || rest_[0] == '\n')
        advance(1);
      else
        return true;
    }
    return false;
  }

  void statement() {
    if (rest_.starts_with("export") && rest_.size() > 6 && is_blank(rest_[6])) {
      advance(7);
      while (!rest_.empty() && is_blank(rest_[0])) advance(1);
    }
    std::size_t end = 0;
    while (end < rest_.size() && (is_key_char(rest_[end]) || is_blank(rest_[end]))) ++end;
    const char separator = end < rest_.size() ? rest_[end] : '\n';
    const std::string key(trim_blanks(rest_.substr(0, end)));
    if (separator != '=' && separator != ':' && separator != '\n')
      return fail("unexpected character in the variable name \"" + mask_secrets(key) + "\"",
                  "use letters, digits and _");
    if (key.find_first_of(" \t") != std::string::npos)
      return fail("the key \"" + mask_secrets(key) + "\" contains a blank", "write KEY=VALUE");
    if (key.empty()) return fail("a line without a key", "write KEY=VALUE");
    if (separator == '\n') {
      if (auto value = outer_(key)) result.values[key] = *value;
      return advance_line();
    }
    advance(end + 1);
    while (!rest_.empty() && is_blank(rest_[0])) advance(1);
    if (auto value = take_value(key)) result.values[key] = std::move(*value);
  }

  std::optional<std::string> take_value(const std::string& key) {
    if (rest_.starts_with("\"") || rest_.starts_with("'")) return take_quoted(key, rest_[0]);
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    const std::string_view text = line.substr(0, line.find(" #"));
    const std::string value(text.substr(0, text.find_last_not_of(" \t\r\v\f") + 1));
    auto expanded = expand(key, value);
    advance_line();
    return expanded;
  }

  std::optional<std::string> take_quoted(const std::string& key, char quote) {
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\' && i + 1 < rest_.size() &&
          (rest_[i + 1] == quote || (quote == '"' && rest_[i + 1] == '\\'))) {
        if (quote == '"') value += '\\';
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

  std::optional<std::string> expand(const std::string& key, std::string_view text) {
    Interpolated done = interpolate(text, lookup_, unset_is_error_);
    for (Diagnostic& problem : done.problems) {
      problem.where = {std::string(file_), line_, 1};
      problem.path = key;
      if (problem.severity == Severity::error) failed_ = true;
      result.diagnostics.push_back(std::move(problem));
    }
    return std::move(done.text);
  }

  void fail(std::string message, std::string mend) {
    failed_ = true;
    result.diagnostics.push_back(
        {Severity::error, {std::string(file_), line_, 1}, "", std::move(message), std::move(mend)});
  }

  std::string_view file_;
  std::string_view rest_;
  const Lookup& outer_;
  Lookup lookup_;
  bool unset_is_error_;
  bool failed_ = false;
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

ParsedDotenv parse_dotenv(std::string_view file, std::string_view bytes, const Lookup& outer, bool unset_is_error) {
  if (auto refused = refuse_tokens(file, bytes)) return {{}, {*refused}};
  Parser parser(file, bytes, outer, unset_is_error);
  parser.run();
  return std::move(parser.result);
}

ParsedDotenv parse_raw_dotenv(std::string_view file, std::string_view bytes, const Lookup& outer) {
  if (auto refused = refuse_tokens(file, bytes)) return {{}, {*refused}};
  ParsedDotenv result;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim_blanks(line).empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string key(line.substr(0, equals));
    if (equals != std::string_view::npos)
      result.values[key] = line.substr(equals + 1);
    else if (auto value = outer(key))
      result.values[key] = *value;
  }
  return result;
}

}  // namespace plimsoll::compose
