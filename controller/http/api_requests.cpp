#include "controller/http/api_requests.hpp"

#include <boost/json.hpp>

#include "controller/http/base64.hpp"
#include "controller/http/status_json.hpp"
#include "model/repository_files.hpp"
#include "model/utf8_text.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

Error bad_body(const std::string& why) { return Error{ErrorKind::rejected, "request body: " + why}; }

Result<json::object> parse_object(const std::string& body) {
  if (body.empty()) return json::object();
  boost::system::error_code failed;
  json::value parsed = json::parse(body, failed);
  if (failed) return bad_body("not JSON (" + failed.message() + ")");
  if (!parsed.is_object()) return bad_body("not a JSON object");
  return std::move(parsed.as_object());
}

Result<std::string> text_of(const json::object::value_type& member) {
  if (const json::string* text = member.value().if_string()) return std::string(text->begin(), text->end());
  return bad_body("`" + std::string(member.key()) + "` is not a text");
}

Result<void> read_text(const json::object::value_type& member, std::string& into) {
  auto text = text_of(member);
  if (!text) return text.error();
  into = std::move(*text);
  return {};
}

Result<void> read_flag(const json::object::value_type& member, bool& into) {
  if (!member.value().is_bool()) return bad_body("`" + std::string(member.key()) + "` is not true or false");
  into = member.value().as_bool();
  return {};
}

Result<std::string> file_bytes(const json::object::value_type& member) {
  if (member.value().is_string()) return text_of(member);
  const json::object* const object = member.value().if_object();
  const json::value* const encoded = object ? object->if_contains("base64") : nullptr;
  const json::string* const text = encoded ? encoded->if_string() : nullptr;
  auto bytes = text ? from_base64(*text) : std::nullopt;
  if (bytes) return std::move(*bytes);
  return bad_body("`manifests`: '" + std::string(member.key()) + "' is neither a text nor {\"base64\": …}");
}

Result<std::map<std::string, std::string>> read_manifests(const json::value& value) {
  const json::object* const object = value.if_object();
  if (!object) return bad_body("`manifests` is not an object of path to text");
  if (object->size() > kMaxRevisionFiles) {
    return bad_body("`manifests` has more than " + std::to_string(kMaxRevisionFiles) + " files");
  }
  std::map<std::string, std::string> files;
  for (const auto& member : *object) {
    auto bytes = file_bytes(member);
    if (!bytes) return bytes.error();
    files.emplace(member.key(), std::move(*bytes));
  }
  return files;
}

Result<void> read_diff_member(const json::object::value_type& member, DiffRequest& request) {
  if (member.key() == "environment") return read_text(member, request.filter.environment);
  if (member.key() == "app") return read_text(member, request.filter.app);
  if (member.key() == "instance") return read_text(member, request.filter.instance);
  if (member.key() == "revision") return read_text(member, request.revision);
  if (member.key() != "manifests") return bad_body("unknown member `" + std::string(member.key()) + "`");
  auto files = read_manifests(member.value());
  if (!files) return files.error();
  request.manifests = std::move(*files);
  return {};
}

Result<void> read_sync_member(const json::object::value_type& member, SyncRequest& request) {
  if (member.key() == "environment") return read_text(member, request.filter.environment);
  if (member.key() == "app") return read_text(member, request.filter.app);
  if (member.key() == "instance") return read_text(member, request.filter.instance);
  if (member.key() == "retry") return read_flag(member, request.retry);
  if (member.key() == "allow_removal") return read_flag(member, request.allow_removal);
  return bad_body("unknown member `" + std::string(member.key()) + "`");
}

Result<void> read_filter_member(const json::object::value_type& member, TargetFilter& filter) {
  if (member.key() == "environment") return read_text(member, filter.environment);
  if (member.key() == "app") return read_text(member, filter.app);
  return bad_body("unknown member `" + std::string(member.key()) + "`");
}

Result<void> read_rollback_member(const json::object::value_type& member, RollbackRequest& request) {
  if (member.key() != "id") return read_filter_member(member, request.filter);
  if (!member.value().is_int64() || member.value().get_int64() < 0)
    return bad_body("`id` is not a number of `history`");
  request.id = member.value().get_int64();
  return {};
}

json::object filter_object(const TargetFilter& filter) {
  json::object object{{"environment", to_utf8(filter.environment)}, {"app", to_utf8(filter.app)}};
  if (!filter.instance.empty()) object["instance"] = to_utf8(filter.instance);
  return object;
}

}  // namespace

Result<SyncRequest> parse_sync_request(const std::string& body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  SyncRequest request;
  for (const auto& member : *object) {
    if (auto read = read_sync_member(member, request); !read) return read.error();
  }
  return request;
}

Result<TargetFilter> parse_filter(const std::string& body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  TargetFilter filter;
  for (const auto& member : *object) {
    if (auto read = read_filter_member(member, filter); !read) return read.error();
  }
  if (filter.environment.empty()) return bad_body("`environment` is missing");
  return filter;
}

std::string to_body(const TargetFilter& filter) { return to_body(json::value(filter_object(filter))); }

Result<RollbackRequest> parse_rollback_request(const std::string& body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  RollbackRequest request;
  for (const auto& member : *object) {
    if (auto read = read_rollback_member(member, request); !read) return read.error();
  }
  if (request.filter.environment.empty() || request.filter.app.empty()) {
    return bad_body("`environment` and `app` name one app, and one of them is missing");
  }
  return request;
}

std::string to_body(const RollbackRequest& request) {
  json::object object = filter_object(request.filter);
  object["id"] = request.id;
  return to_body(json::value(std::move(object)));
}

std::string to_body(const SyncRequest& request) {
  json::object object = filter_object(request.filter);
  object["retry"] = request.retry;
  object["allow_removal"] = request.allow_removal;
  return to_body(json::value(std::move(object)));
}

Result<DiffRequest> parse_diff_request(const std::string& body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  DiffRequest request;
  for (const auto& member : *object) {
    if (auto read = read_diff_member(member, request); !read) return read.error();
  }
  if (request.manifests && !request.revision.empty()) {
    return bad_body("`revision` and `manifests` exclude one another");
  }
  return request;
}

std::string to_body(const DiffRequest& request) {
  json::object object = filter_object(request.filter);
  if (!request.revision.empty()) object["revision"] = to_utf8(request.revision);
  if (request.manifests) {
    json::object files;
    for (const auto& [path, bytes] : *request.manifests) {
      files[to_utf8(path)] =
          is_utf8(bytes) ? json::value(bytes) : json::value(json::object{{"base64", to_base64(bytes)}});
    }
    object["manifests"] = std::move(files);
  }
  return to_body(json::value(std::move(object)));
}

}  // namespace plimsoll::controller
