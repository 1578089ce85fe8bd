#include <catch2/catch.hpp>

#include "compose/dotenv.hpp"
#include "compose/interpolation.hpp"
#include "compose/load.hpp"
#include "model/secret.hpp"
#include "tests/compose/memory_files.hpp"

using namespace plimsoll;
using namespace plimsoll::compose;

namespace {
const Variables kVariables({{"A", "a"}, {"EMPTY", ""}, {"NAME_2", "n"}, {"DOLLAR", "$A"}});
}

TEST_CASE("interpolation follows the table of the specification") {
  struct Row {
    const char* text;
    const char* result;  // null: an error
  };
  const Row rows[] = {{"plain", "plain"},
                      {"$A-${A}", "a-a"},
                      {"$NAME_2x", nullptr},
                      {"${NAME_2}x", "nx"},
                      {"${EMPTY:-d}", "d"},
                      {"${EMPTY-d}", ""},
                      {"${UNSET:-d}", "d"},
                      {"${UNSET-d}", "d"},
                      {"${A:-d}", "a"},
                      {"${A:+x}", "x"},
                      {"${EMPTY:+x}", ""},
                      {"${EMPTY+x}", "x"},
                      {"${UNSET+x}", ""},
                      {"${UNSET:+x}", ""},
                      {"${A:?e}", "a"},
                      {"${EMPTY:?e}", nullptr},
                      {"${EMPTY?e}", ""},
                      {"${UNSET?e}", nullptr},
                      {"${UNSET}", nullptr},
                      {"$UNSET", nullptr},
                      {"${UNSET:-${A}}", "a"},
                      {"${UNSET:-${UNSET:-x}}y", "xy"},
                      {"${A:-${UNSET}}", "a"},
                      {"${UNSET:-{\"k\":{\"v\":1}}}", "{\"k\":{\"v\":1}}"},
                      {"${UNSET:-a-b:?c}", "a-b:?c"},
                      {"${UNSET:-}", ""},
                      {"${A:+${UNSET:-u}}", "u"},
                      {"$$A", "$A"},
                      {"$${A}", "${A}"},
                      {"$$$A", "$a"},
                      {"$(x) $! $1 ^x$ $}", "$(x) $! $1 ^x$ $}"},
                      {"${}", nullptr},
                      {"${ A }", nullptr},
                      {"${A", nullptr},
                      {"${1}", nullptr},
                      {"${A/b/c}", nullptr},
                      {"${A:d}", nullptr},
                      {"${UNSET:-a\nb}", nullptr},
                      {"${DOLLAR}", "$A"},
                      {"${a:-low}", "low"},
                      {"${A.b}", nullptr},
                      {"${UNSET:-{b}x", "{bx"},
                      {"${A:-{b}x", "ax"},
                      {"${UNSET:-{{.Name}}}", "{{.Name}}"},
                      {"${UNSET:-{{.Name}}}-${A}", "{{.Name}}-a"},
                      {"${UNSET:-{{.Name}}/{{.ID}}}", "{{.Name}/{{.ID}}}"},
                      {"${A:-{{.Name}}}", "a}"},
                      {"${UNSET:-{}}", "{}"},
                      {"${UNSET:-{}} ${A}", nullptr},
                      {"${UNSET:-{b\n}", nullptr},
                      {"x${A}y$A$A", "xayaa"}};
  for (const Row& row : rows) {
    INFO(row.text);
    const Interpolated done = interpolate(row.text, kVariables.lookup(), true);
    CHECK(done.ok() == (row.result != nullptr));
    if (row.result != nullptr) CHECK(done.text == row.result);
  }
}

TEST_CASE("interpolation stays small on hostile text") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "${X:-";
  CHECK_FALSE(interpolate(deep, kVariables.lookup(), true).ok());
  for (int i = 0; i < 100'000; ++i) deep += "}";
  CHECK_FALSE(interpolate(deep, kVariables.lookup(), true).ok());
}

TEST_CASE("a secret passes through interpolation as its token, and never into a message") {
  const std::string token = secret_token("PW", "00ff");
  const Variables variables({{"PW", token}});
  CHECK(interpolate("x${PW:-d}y${PW:+set}", variables.lookup(), true).text == "x" + token + "yset");
  const Interpolated failed = interpolate("${UNSET:?with $PW}", variables.lookup(), true);
  REQUIRE(failed.problems.size() == 1);
  CHECK(failed.problems[0].message == "required variable UNSET is missing a value: with ***");
}

TEST_CASE("dotenv files follow Compose's grammar") {
  const char* text =
      "\xEF\xBB\xBF# comment\n"
      "PLAIN=value # comment\n"
      "HASH=a#b\n"
      "export EXPORTED = spaced  \n"
      "COLON: yaml\n"
      "EMPTY=\n"
      "QUOTED=\"a\\nb \\\"q\\\" \\$A ${A}\" # after\n"
      "SINGLE='raw ${A} \\n it\\'s'\n"
      "MULTI=\"one\n two\"\n"
      "REF=${PLAIN}-${A}-${UNSET:-d}\n"
      "A\n"
      "ABSENT\n"
      "DOUBLE=$$A\n"
      "dotted.key[0]-x=1\r\n"
      "URL=postgres://u:p@h:5432/db?x=y";
  const ParsedDotenv parsed = parse_dotenv("x.env", text, kVariables.lookup(), true);
  CHECK(parsed.diagnostics.empty());
  const std::map<std::string, std::string, std::less<>> wanted{{"PLAIN", "value"},
                                                               {"HASH", "a#b"},
                                                               {"EXPORTED", "spaced"},
                                                               {"COLON", "yaml"},
                                                               {"EMPTY", ""},
                                                               {"QUOTED", "a\nb \"q\" $A a"},
                                                               {"SINGLE", "raw ${A} \\n it's"},
                                                               {"MULTI", "one\n two"},
                                                               {"REF", "value-a-d"},
                                                               {"A", "a"},
                                                               {"DOUBLE", "$A"},
                                                               {"dotted.key[0]-x", "1"},
                                                               {"URL", "postgres://u:p@h:5432/db?x=y"}};
  CHECK(parsed.values == wanted);
}

TEST_CASE("escapes of dotenv values are those of Compose") {
  const std::pair<const char*, const char*> rows[] = {
      {R"('C:\\')", R"(C:\\)"},  {R"('a\\'b)", R"(a\\)"},         {R"('it\'s')", "it's"},   {R"('a\b')", R"(a\b)"},
      {R"("a\\b")", R"(a\b)"},   {R"("a\\\"b")", R"(a\"b)"},      {R"("\q\c")", R"(\q\c)"}, {R"("\0101")", "A"},
      {R"("\0351")", "\u00e9"},  {R"("\033[31m")", R"(\33[31m)"}, {R"("\0")", R"(\)"},      {R"("\0789")", R"(\789)"},
      {R"("\0777")", R"(\777)"}, {"\u00a0a b\u00a0", "a b"},      {"\"x\"\u00a0# c", "x"}};
  for (const auto& [text, wanted] : rows) {
    INFO(text);
    const ParsedDotenv parsed = parse_dotenv("x.env", "K=" + std::string(text) + "\n", kVariables.lookup(), true);
    CHECK(parsed.diagnostics.empty());
    REQUIRE(parsed.values.contains("K"));
    CHECK(parsed.values.at("K") == wanted);
  }
}

TEST_CASE("broken dotenv files are errors with a line") {
  const std::pair<const char*, const char*> rows[] = {
      {"A=1\nB C=2\n", "x.env:2:1: error: the key \"B C\" contains a blank"},
      {"A=\"open\nB=1\n", "x.env:1:1: error: the value of A has no closing quote"},
      {"=x\n", "a line without a key"},
      {"A=1\n\n\nB={x}${UNSET}\n", "x.env:4:1: error: B: variable UNSET is not set"},
      {"A*B=1\n", "unexpected character"},
      {"A=\x01q:w\x02\n", "control character"},
      {"A=\"\\0001x\\0002\"\n", "control character"},
      {"A=\"\\0000\"\n", "control character"}};
  for (const auto& [text, message] : rows) {
    const ParsedDotenv parsed = parse_dotenv("x.env", text, kVariables.lookup(), true);
    REQUIRE_FALSE(parsed.diagnostics.empty());
    CHECK_THAT(to_string(parsed.diagnostics[0]), Catch::Contains(message));
  }
}

TEST_CASE("no message of the loader shows a token, wherever an app puts a secret") {
  LoadOptions options;
  options.project_directory = "/p";
  options.files = {"compose.yaml"};
  const std::string token = secret_token("PW", "00ffee");
  options.variables.set("PW", token);
  const auto files = MemoryFiles::of({{"/p/compose.yaml", R"(services:
  a:
    image: "x:${PW}"
    ports: ["${PW}:80"]
    volumes: ["${PW}:/x", "/y:/z:${PW}"]
    depends_on: ["${PW}"]
    networks: ["${PW}"]
    environment: ["${PW}=1", "K=${PW}"]
    restart: "${PW}"
    cpus: "${PW}"
    env_file: "${PW}.env"
    healthcheck: {interval: "${PW}", test: ["${PW}"]}
    extends: "${PW}"
)"}});
  const LoadedProject loaded = load_project(files, options);
  CHECK(loaded.diagnostics.size() > 5);
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    INFO(to_string(diagnostic));
    CHECK_FALSE(has_secret_token(to_string(diagnostic)));
    CHECK_THAT(to_string(diagnostic), !Catch::Contains("00ffee"));
  }
}

TEST_CASE("a secret reaches the project as its token") {
  LoadOptions options;
  options.project_directory = "/p";
  options.files = {"compose.yaml"};
  const std::string token = secret_token("PW", "00ffee");
  options.variables.set("PW", token);
  const auto files = MemoryFiles::of(
      {{"/p/compose.yaml",
        "services: {a: {image: i, command: \"run --pw=${PW} -x\", environment: [\"K=a${PW}\"], env_file: "
        "e.env, labels: {l: \"${PW}\"}}}\n"},
       {"/p/e.env", "F=\"b${PW}\"\nPW\n"}});
  const LoadedProject loaded = load_project(files, options);
  REQUIRE(loaded.project);
  const Node& service = *loaded.project->find("services")->find("a");
  CHECK(service.find("command")->items()[1].string() == "--pw=" + token);
  CHECK(service.find("environment")->find("K")->string() == "a" + token);
  CHECK(service.find("environment")->find("F")->string() == "b" + token);
  CHECK(service.find("environment")->find("PW")->string() == token);
}
