#include "compose/yaml_parser.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "compose/yaml_builder.hpp"
#include "model/repository_files.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

/// Feeds the library's events to our builder.
class Events : public YAML::EventHandler {
 public:
  Events(YamlBuilder& builder, std::vector<Node>& documents) : builder_(builder), documents_(documents) {}
  void OnDocumentStart(const YAML::Mark&) override { builder_.start_document(); }
  void OnDocumentEnd() override { documents_.push_back(builder_.take_document()); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.scalar(mark.line + 1, mark.column + 1, "", true, anchor, "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.alias(mark.line + 1, mark.column + 1, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "!" marks quoted and block scalars. A scalar with a tag of its own does not tell; only null matters there.
    builder_.scalar(mark.line + 1, mark.column + 1, tag, tag != "!", anchor, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    builder_.start_collection(mark.line + 1, mark.column + 1, tag, anchor, false);
  }
  void OnSequenceEnd() override { builder_.end_collection(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    builder_.start_collection(mark.line + 1, mark.column + 1, tag, anchor, true);
  }
  void OnMapEnd() override { builder_.end_collection(); }

 private:
  YamlBuilder& builder_;
  std::vector<Node>& documents_;
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
  return {};
}

void run_parser(std::string_view bytes, YAML::EventHandler& events) {
  ViewBuffer buffer(bytes);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(events)) {
  }
}

}  // namespace

ParsedYaml parse_yaml(std::string_view file_name, std::string_view bytes) {
  ParsedYaml parsed;
  parsed.diagnostics = guard(file_name, bytes);
  if (!parsed.diagnostics.empty()) return parsed;
  YamlBuilder builder(std::make_shared<const std::string>(file_name));
  Events events(builder, parsed.documents);
  const auto refuse = [&](int line, int column, std::string message) {
    parsed.diagnostics.push_back({Severity::error,
                                  {std::string(file_name), line, column},
                                  "",
                                  "not valid YAML: " + std::move(message),
                                  "correct the syntax"});
  };
  try {
    run_parser(bytes, events);
  } catch (const YamlRefusal& refusal) {
    parsed.diagnostics.push_back(refusal.diagnostic);
  } catch (const YAML::Exception& e) {
    refuse(e.mark.line + 1, e.mark.column + 1, e.msg);
  } catch (const std::exception& e) {
    refuse(0, 0, e.what());
  }
  if (has_errors(parsed.diagnostics)) parsed.documents.clear();
  return parsed;
}

}  // namespace plimsoll::compose
