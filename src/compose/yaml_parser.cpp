#include "compose/yaml_parser.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>

#include "compose/quoted_scalar.hpp"
#include "compose/yaml_builder.hpp"
#include "model/repository_files.hpp"
#include "model/secret.hpp"
#include "model/utf8_text.hpp"

namespace plimsoll::compose {
namespace {

/// The lines of a text by number, from 0.
class SourceLines {
 public:
  explicit SourceLines(std::string_view bytes) : bytes_(bytes) {
    starts_.push_back(bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);  // the library does not count the mark, either
    for (std::size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1))
      starts_.push_back(at + 1);
  }
  /// Empty when there is no such line.
  [[nodiscard]] std::string_view at(int line) const {
    const auto index = static_cast<std::size_t>(line);
    if (line < 0 || index >= starts_.size()) return {};
    return bytes_.substr(starts_[index], bytes_.find('\n', starts_[index]) - starts_[index]);
  }
  /// All from a place on; columns count bytes, from 0. Empty when there is no such place.
  [[nodiscard]] std::string_view from(int line, int column) const {
    const auto index = static_cast<std::size_t>(line);
    if (line < 0 || column < 0 || index >= starts_.size()) return {};
    return bytes_.substr(std::min(bytes_.size(), starts_[index] + static_cast<std::size_t>(column)));
  }

 private:
  std::string_view bytes_;
  std::vector<std::size_t> starts_;
};

/// Feeds the library's events to our builder.
class Events : public YAML::EventHandler {
 public:
  Events(YamlBuilder& builder, std::vector<Node>& documents, const SourceLines& lines)
      : builder_(builder), documents_(documents), lines_(lines) {}
  void OnDocumentStart(const YAML::Mark& mark) override {
    // The library takes whatever follows a finished document for the next one.
    if (!documents_.empty() && !lines_.at(mark.line).starts_with("---"))
      builder_.refuse(mark.line + 1, mark.column + 1, "text after the end of the document",
                      "indent it as what it belongs to, or begin a new document with ---");
    builder_.start_document();
  }
  void OnDocumentEnd() override { documents_.push_back(builder_.take_document()); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_colon();
    builder_.scalar(mark.line + 1, mark.column + 1, "", true, anchor, "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.alias(mark.line + 1, mark.column + 1, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    last_scalar_ = mark;
    // "!" marks quoted and block scalars. A scalar with a tag of its own does not tell; only null matters there.
    builder_.scalar(mark.line + 1, mark.column + 1, tag, tag != "!", anchor,
                    with_whole_characters(with_blank_lines(mark, value)));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    in_flow_.push_back(style == YAML::EmitterStyle::Flow);
    builder_.start_collection(mark.line + 1, mark.column + 1, tag, anchor, false);
  }
  void OnSequenceEnd() override {
    in_flow_.pop_back();
    builder_.end_collection();
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    in_flow_.push_back(style == YAML::EmitterStyle::Flow);
    builder_.start_collection(mark.line + 1, mark.column + 1, tag, anchor, true);
  }
  void OnMapEnd() override {
    in_flow_.pop_back();
    builder_.end_collection();
  }
  /// Once all is read: the library takes the end of the file for the closing quote.
  void check_last_quote() const {
    const std::string_view text = lines_.from(last_scalar_.line, last_scalar_.column);
    if (text.empty() || (text[0] != '"' && text[0] != '\'')) return;
    const char quote = text[0];
    const auto escapes = [&](std::size_t i) {  // the one that follows
      return quote == '"' ? text[i] == '\\' : text.substr(i).starts_with("''");
    };
    std::size_t i = 1;
    while (i < text.size() && (text[i] != quote || escapes(i))) i += escapes(i) ? 2 : 1;
    if (i >= text.size())
      builder_.refuse(last_scalar_.line + 1, last_scalar_.column + 1, "a quote that is never closed", "close it");
  }

 private:
  /// Between braces a key may stand alone. Elsewhere the library only forgets that a colon has to follow.
  void check_colon() const {
    const std::optional<YamlBuilder::OpenKey> key = builder_.open_key();
    if (!key || in_flow_.empty() || in_flow_.back()) return;
    const std::size_t from = static_cast<std::size_t>(key->place.column - 1);
    const std::string_view line = lines_.at(key->place.line - 1);
    if (from > line.size() || line.substr(0, from).ends_with("? ")) return;
    // A quoted key may stand there in other characters; a plain one that does not goes on over lines.
    const std::size_t at = line.find(key->text, from);
    if (at == std::string_view::npos && key->quoted) return;
    const std::string_view rest = at == std::string_view::npos ? "" : line.substr(at + key->text.size());
    if (const std::size_t next = rest.find_first_not_of(" \t\"'"); next == std::string_view::npos || rest[next] != ':')
      builder_.refuse(key->place.line, key->place.column, "a key without a colon and a blank after it",
                      "write KEY: VALUE");
  }

  /// The library writes `\_` and `\N` as single bytes. The file itself is UTF-8, so that no other byte stands alone.
  static std::string with_whole_characters(std::string value) {
    if (is_utf8(value)) return value;
    std::string text;
    for (std::string_view rest = value; !rest.empty();) {
      const CodePoint point = first_code_point(rest);
      if (!point.valid) text += '\xC2';
      text += rest.substr(0, point.bytes);
      rest.remove_prefix(point.bytes);
    }
    return text;
  }

  /// The library drops the line feeds of some blank lines between quotes.
  std::string with_blank_lines(const YAML::Mark& mark, const std::string& value) const {
    constexpr std::string_view kFolded = " \n";
    if (!value.empty() && value.find_first_of(kFolded) == std::string::npos) return value;
    auto lines = read_quoted_lines(lines_.from(mark.line, mark.column));
    if (!lines) return value;
    const auto unfolded = [&](std::string text) {
      std::erase_if(text, [&](char c) { return kFolded.find(c) != std::string_view::npos; });
      return text;
    };
    // A block scalar may begin with a quote of its own.
    return unfolded(*lines) == unfolded(value) ? std::move(*lines) : value;
  }

  YamlBuilder& builder_;
  std::vector<Node>& documents_;
  const SourceLines& lines_;
  std::vector<bool> in_flow_;
  YAML::Mark last_scalar_;
};

/// Reads straight from the bytes, without a copy.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());
    setg(begin, begin, begin + bytes.size());
  }
};

SourcePosition position_of(std::string_view file, std::string_view bytes, std::size_t offset) {
  SourcePosition where{std::string(file), 1, 1};
  for (char c : bytes.substr(0, offset)) {
    where.column = c == '\n' ? 1 : where.column + 1;
    if (c == '\n') ++where.line;
  }
  return where;
}

/// The offset of the first byte that YAML does not allow: one that is not UTF-8, or of a control character.
std::size_t find_unreadable(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = first_code_point(bytes.substr(at));
    const bool blank = point.value == '\t' || point.value == '\n' || point.value == '\r' || point.value == 0x85;
    const bool control = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    if (!point.valid || (control && !blank)) return at;
    at += point.bytes;
  }
  return std::string_view::npos;
}

/// What can be refused without parsing.
Diagnostics guard(std::string_view file, std::string_view bytes) {
  const auto error = [](SourcePosition where, std::string message, std::string mend) {
    return Diagnostics{{Severity::error, std::move(where), "", std::move(message), std::move(mend)}};
  };
  if (bytes.size() > kMaxFileBytes)
    return error({std::string(file), 0, 0},
                 "the file has " + std::to_string(bytes.size()) + " bytes, more than the limit of " +
                     std::to_string(kMaxFileBytes),
                 "split it");
  if (has_secret_token(bytes)) {
    const std::size_t offset = bytes.find_first_of(std::string_view("\x01\x02", 2));
    return error(position_of(file, bytes, offset), "a control character (\\x01 or \\x02) that Plimsoll uses itself",
                 "remove the character");
  }
  if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos)
    return error(position_of(file, bytes, nul), "a NUL byte: this is no YAML text", "save the file as UTF-8 text");
  if (const std::size_t at = find_unreadable(bytes); at != std::string_view::npos)
    return error(position_of(file, bytes, at), "a control character, or a byte that is not UTF-8",
                 "save the file as UTF-8 text, and write control characters as escapes in double quotes");
  return {};
}

/// The text with a line feed for each carriage return that stands alone, which ends a line as well; empty when there is
/// none.
std::string with_plain_line_ends(std::string_view bytes) {
  std::string text;
  for (std::size_t at = bytes.find('\r'); at != std::string_view::npos; at = bytes.find('\r', at + 1)) {
    if (at + 1 < bytes.size() && bytes[at + 1] == '\n') continue;
    if (text.empty()) text = bytes;
    text[at] = '\n';
  }
  return text;
}

/// The text without blanks that end it on a line of their own, indented no deeper than the text before: the library
/// adds one to a folded scalar for them.
std::string_view without_last_indent(std::string_view bytes) {
  const std::size_t text = bytes.find_last_not_of(" \r\n");
  const std::size_t line = bytes.find_last_of('\n');
  if (text == std::string_view::npos || line == std::string_view::npos || text > line) return bytes;
  const std::size_t before = bytes.rfind('\n', text);
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t indent = bytes.find_first_not_of(' ', start) - start;
  return bytes.size() - line - 1 > indent ? bytes : bytes.substr(0, line + 1);
}

void run_parser(std::string_view bytes, YAML::EventHandler& events) {
  ViewBuffer buffer(bytes);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(events)) {
  }
}

}  // namespace

ParsedYaml parse_yaml(std::string_view file_name, std::string_view bytes, YamlRules rules) {
  ParsedYaml parsed;
  parsed.diagnostics = guard(file_name, bytes);
  if (!parsed.diagnostics.empty()) return parsed;
  const std::string unified = with_plain_line_ends(bytes);
  bytes = without_last_indent(unified.empty() ? bytes : std::string_view(unified));
  const SourceLines lines(bytes);
  YamlBuilder builder(std::make_shared<const std::string>(file_name), rules);
  Events events(builder, parsed.documents, lines);
  const auto refuse = [&](int line, int column, std::string message) {
    parsed.diagnostics.push_back({Severity::error,
                                  {std::string(file_name), line, column},
                                  "",
                                  "not valid YAML: " + std::move(message),
                                  "correct the syntax"});
  };
  try {
    run_parser(bytes, events);
    events.check_last_quote();
  } catch (const YamlRefusal& refusal) {
    parsed.diagnostics.push_back(refusal.diagnostic);
  } catch (const YAML::Exception& e) {
    refuse(e.mark.line + 1, e.mark.column + 1, e.msg);
  } catch (const std::exception& e) {
    refuse(0, 0, e.what());
  }
  for (Diagnostic& problem : builder.take_problems()) parsed.diagnostics.push_back(std::move(problem));
  if (has_errors(parsed.diagnostics)) parsed.documents.clear();
  return parsed;
}

}  // namespace plimsoll::compose
