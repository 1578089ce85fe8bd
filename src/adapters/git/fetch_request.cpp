#include "adapters/git/fetch_request.hpp"

#include <array>
#include <boost/json.hpp>

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::array kTextFields = {
    std::pair{"url", &FetchRequest::url},
    std::pair{"branch", &FetchRequest::branch},
    std::pair{"path", &FetchRequest::path},
    std::pair{"username", &FetchRequest::username},
    std::pair{"password", &FetchRequest::password},
    std::pair{"ssh_key_file", &FetchRequest::ssh_key_file},
    std::pair{"known_hosts_file", &FetchRequest::known_hosts_file},
    std::pair{"ca_file", &FetchRequest::ca_file},
    std::pair{"mirror_dir", &FetchRequest::mirror_dir},
};

Error malformed(std::string_view what) {
  return {ErrorKind::internal, "git-fetch: the " + std::string(what) + " is not readable"};
}

ErrorKind kind_named(std::string_view name) {
  for (const ErrorKind kind : {ErrorKind::transient, ErrorKind::deadline, ErrorKind::cancelled, ErrorKind::missing,
                               ErrorKind::rejected, ErrorKind::conflict, ErrorKind::unauthorized})
    if (to_string(kind) == name) return kind;
  return ErrorKind::internal;
}

}  // namespace

std::string to_json(const FetchRequest& request) {
  json::object object;
  for (const auto& [name, member] : kTextFields) object[name] = request.*member;
  object["list"] = request.operation == FetchRequest::Operation::list;
  object["max_pack_bytes"] = request.max_pack_bytes;
  object["max_packs"] = request.max_packs;
  object["cpu_seconds"] = request.cpu_seconds;
  object["parent_pid"] = request.parent_pid;
  object["fresh"] = request.fresh;
  return json::serialize(object);
}

Result<FetchRequest> parse_fetch_request(std::string_view text) try {
  const json::value value = json::parse({text.data(), text.size()});
  const json::object& object = value.as_object();
  FetchRequest request;
  for (const auto& [name, member] : kTextFields) request.*member = json::value_to<std::string>(object.at(name));
  request.operation = object.at("list").as_bool() ? FetchRequest::Operation::list : FetchRequest::Operation::fetch;
  request.max_pack_bytes = object.at("max_pack_bytes").to_number<std::int64_t>();
  request.max_packs = object.at("max_packs").to_number<int>();
  request.cpu_seconds = object.at("cpu_seconds").to_number<int>();
  request.parent_pid = object.at("parent_pid").to_number<int>();
  request.fresh = object.at("fresh").as_bool();
  return request;
} catch (const std::exception&) {
  return malformed("request");
}

std::string fetch_answer_to_json(const Result<std::string>& answer) {
  if (answer) return json::serialize(json::object{{"commit", *answer}});
  return json::serialize(
      json::object{{"kind", std::string(to_string(answer.error().kind))}, {"message", answer.error().message}});
}

Result<std::string> parse_fetch_answer(std::string_view text) try {
  const json::value value = json::parse({text.data(), text.size()});
  const json::object& object = value.as_object();
  if (const auto* commit = object.if_contains("commit")) return json::value_to<std::string>(*commit);
  return Error{kind_named(json::value_to<std::string>(object.at("kind"))),
               json::value_to<std::string>(object.at("message"))};
} catch (const std::exception&) {
  return malformed("answer");
}

}  // namespace plimsoll::adapters
