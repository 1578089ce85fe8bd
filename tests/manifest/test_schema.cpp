#include <catch2/catch.hpp>

#include <set>
#include <sstream>

#include "compose/yaml_parser.hpp"
#include "json_schema.hpp"
#include "manifest/key_table.hpp"
#include "manifest/validate.hpp"
#include "manifest_tree.hpp"

using namespace plimsoll;
using manifest::KeyRule;
using manifest::KeyTable;
using manifest::ValueKind;
namespace json = boost::json;

namespace {

json::object schema(std::string_view document) {
  const auto path = test::source_dir() / "manifests/schema" / (std::string(document) + ".schema.json");
  return json::parse(test::read_text(path)).as_object();
}

/// The mapping among the alternatives of a schema, or the schema itself.
const json::object& mapping_of(const json::object& node) {
  const auto* any = node.if_contains("anyOf");
  if (any == nullptr) return node;
  for (const auto& one : any->as_array()) {
    if (one.as_object().contains("properties")) return one.as_object();
  }
  return node;
}

/// Follows `apps.*.images`: a key, or `*` for what any key holds.
const json::object& at_pointer(const json::object& root, std::string_view pointer) {
  const json::object* node = &root;
  std::istringstream parts{std::string(pointer)};
  for (std::string part; std::getline(parts, part, '.');) {
    node = &mapping_of(*node);
    node = part == "*" ? &node->at("additionalProperties").as_object()
                       : &node->at("properties").as_object().at(part).as_object();
  }
  return mapping_of(*node);
}

std::set<std::string> types_of(const json::object& node) {
  if (node.contains("anyOf")) return {"anyOf"};
  const json::value& type = node.at("type");
  if (type.is_string()) return {std::string(type.as_string())};
  std::set<std::string> out;
  for (const auto& one : type.as_array()) out.insert(std::string(one.as_string()));
  return out;
}

std::set<std::string> types_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::text: return {"string"};
    case ValueKind::scalar: return {"string", "number", "boolean"};
    case ValueKind::flag: return {"boolean"};
    case ValueKind::mapping: return {"object"};
    case ValueKind::optional_mapping: return {"object", "null"};
    case ValueKind::list: return {"array"};
    case ValueKind::image: return {"anyOf"};
  }
  return {};
}

void check_table(const KeyTable& table, const json::object& node) {
  std::set<std::string> known, required, in_schema, required_in_schema;
  for (const KeyRule& rule : table.rules) {
    if (rule.key == "*") {
      CHECK(types_of(node.at("additionalProperties").as_object()) == types_of(rule.kind));
      continue;
    }
    known.insert(std::string(rule.key));
    if (rule.required) required.insert(std::string(rule.key));
    const auto* property =
        node.contains("properties") ? node.at("properties").as_object().if_contains(rule.key) : nullptr;
    INFO("key " << rule.key);
    REQUIRE(property != nullptr);
    CHECK(types_of(property->as_object()) == types_of(rule.kind));
  }
  if (const auto* properties = node.if_contains("properties")) {
    for (const auto& property : properties->as_object()) in_schema.insert(std::string(property.key()));
  }
  if (const auto* keys = node.if_contains("required")) {
    for (const auto& key : keys->as_array()) required_in_schema.insert(std::string(key.as_string()));
  }
  CHECK(in_schema == known);
  CHECK(required_in_schema == required);
}

std::size_t mappings_in(const json::value& value) {
  std::size_t count = 0;
  if (value.is_object()) {
    const auto& node = value.as_object();
    const auto* others = node.if_contains("additionalProperties");
    if (others != nullptr) ++count;
    for (const auto& member : node) count += mappings_in(member.value());
  } else if (value.is_array()) {
    for (const auto& item : value.as_array()) count += mappings_in(item);
  }
  return count;
}

void require_descriptions(const json::object& node, const std::string& path) {
  if (const auto* properties = node.if_contains("properties")) {
    for (const auto& property : properties->as_object()) {
      INFO(path << "/" << property.key());
      CHECK(property.value().as_object().contains("description"));
      require_descriptions(property.value().as_object(), path + "/" + std::string(property.key()));
    }
  }
  if (const auto* others = node.if_contains("additionalProperties"); others && others->is_object()) {
    require_descriptions(mapping_of(others->as_object()), path + "/*");
  }
}

std::vector<std::string> findings_in(const std::filesystem::path& file, std::string_view document) {
  const auto parsed = compose::parse_yaml(file.string(), test::read_text(file));
  REQUIRE(parsed.documents.size() == 1);
  return test::schema_findings(test::to_json_value(parsed.documents[0]), schema(document));
}

}  // namespace

TEST_CASE("the JSON Schemas and the loader know the same keys, kinds and required keys") {
  for (const KeyTable& table : manifest::key_tables()) {
    INFO(table.document << " at \"" << table.pointer << "\"");
    check_table(table, at_pointer(schema(table.document), table.pointer));
  }
}

TEST_CASE("each mapping of a schema has a table of the loader") {
  for (const std::string_view document : {"instances", "environment"}) {
    std::size_t tables = 0;
    for (const KeyTable& table : manifest::key_tables()) tables += table.document == document ? 1 : 0;
    CHECK(mappings_in(schema(document)) == tables);
  }
}

TEST_CASE("every key of the schemas is described") {
  for (const std::string_view document : {"instances", "environment", "controller"}) {
    require_descriptions(schema(document), std::string(document));
  }
}

TEST_CASE("the example files validate against the schemas") {
  const auto root = test::source_dir() / "manifests";
  CHECK(findings_in(root / "instances.yaml", "instances") == std::vector<std::string>{});
  for (const auto& item : std::filesystem::directory_iterator(root / "environments")) {
    INFO(item.path());
    CHECK(findings_in(item.path(), "environment") == std::vector<std::string>{});
    CHECK(
        test::read_text(item.path()).starts_with("# yaml-language-server: $schema=../schema/environment.schema.json"));
  }
  CHECK(test::read_text(root / "instances.yaml")
            .starts_with("# yaml-language-server: $schema=schema/instances.schema.json"));
}

TEST_CASE("what the schema refuses, the loader refuses too") {
  const std::string head = "environment: dev\ninstances: [dev-1]\n";
  const std::vector<std::string> bodies{
      "apps: { a: { images: { web: true } } }",
      "apps: { a: { images: [] } }",
      "apps: { A: {} }",
      "apps: { a: { instances: [] } }",
      "apps: { a: { tag: 1 } }",
      "apps: []",
      "apps: { a: { secrets: [1] } }",
      "apps: {}\nnetworks: edge",
      "apps: {}\nsync: { prune: 1 }",
      "apps: {}\nvariables: { A: [] }",
      "apps: { a: { app: 5 } }",
      "apps: {}\nvariables: { 1A: x }",
      "nothing: 1",
      "apps: { a: { images: { web: { follow: true } } } }",
  };
  for (const std::string& body : bodies) {
    RepositoryFiles files;
    files["instances.yaml"] = test::file_entry("instances: { dev-1: { engine: unix:///x } }\n");
    files["environments/dev.yaml"] = test::file_entry(head + body + "\n");
    files["apps/a/compose.yaml"] = test::file_entry("services: { web: { image: \"a:1\" } }\n");
    const auto parsed = compose::parse_yaml("dev.yaml", head + body + "\n");
    INFO(body);
    REQUIRE(parsed.documents.size() == 1);
    CHECK_FALSE(test::schema_findings(test::to_json_value(parsed.documents[0]), schema("environment")).empty());
    CHECK(has_errors(manifest::validate(files)));
  }
}
