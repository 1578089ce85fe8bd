#include "adapters/docker/engine_images.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/pull_stream.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

/// How long a registry may take to tell a digest before what is there already is used.
constexpr std::chrono::seconds kRegistryPatience{15};
constexpr std::chrono::milliseconds kProgressEvery{200};
/// A pull that tells of nothing for so long hangs on its registry. A large layer can be unpacked without a word.
constexpr std::chrono::minutes kPullSilence{10};

json::object parse_object(const std::string& body) {
  json::error_code failed;
  auto parsed = json::parse(body, failed);
  return !failed && parsed.is_object() ? std::move(parsed.get_object()) : json::object();
}

/// One spelling for what engines take for the same platform (containerd's `platforms.Normalize`).
std::string normal_platform(std::string platform) {
  static const std::map<std::string_view, std::string_view> kSpellings{
      {"/x86_64", "/amd64"},     {"/x86-64", "/amd64"}, {"/aarch64", "/arm64"}, {"/arm64/v8", "/arm64"},
      {"/aarch64/v8", "/arm64"}, {"/i386", "/386"},     {"/armhf", "/arm/v7"}};
  const auto slash = platform.find('/');
  if (slash == std::string::npos) return platform;
  const auto known = kSpellings.find(std::string_view(platform).substr(slash));
  if (known != kSpellings.end()) platform.replace(slash, std::string::npos, known->second);
  return platform;
}

bool platform_fits(const std::string& wanted, const std::string& has) {
  const std::string want = normal_platform(wanted), is = normal_platform(has);
  return want.empty() || want == is || is.starts_with(want + "/");
}

/// A tag whose registry cannot be asked: what is there is used.
std::string digest_of_local(const std::vector<std::string>& digests) {
  return digests.empty() ? std::string() : digests.front();
}

/// Tells the progress of a pull, but not more often than anybody can read.
class ProgressTeller {
 public:
  ProgressTeller(const EngineImages::Progress& progress, std::string reference)
      : progress_(progress), reference_(std::move(reference)) {}
  void tell(const PullStream& stream) {
    const auto now = std::chrono::steady_clock::now();
    if (!progress_ || now - last_ < kProgressEvery) return;
    last_ = now;
    progress_({reference_, stream.current_bytes(), stream.total_bytes()});
  }

 private:
  const EngineImages::Progress& progress_;
  std::string reference_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace

Result<void> EngineImages::add_auth(HttpRequest& request, const std::string& host) {
  if (!withheld_.empty()) return {};
  const auto header = registry_auth_header(credentials_, host);
  if (!header) return header.error();
  if (!header->empty()) request.headers.push_back("X-Registry-Auth: " + *header);
  return {};
}

/// What the registry said; of one that wants credentials that we have and do not send, also why.
Error EngineImages::refusal(const ImageReference& reference, const std::string& message) const {
  Error error = registry_error(reference.pull_name(), message);
  if (error.kind == ErrorKind::unauthorized && !withheld_.empty() && credentials_.contains(reference.registry()))
    error.message += "; those of " + reference.registry() + " were not sent, since " + withheld_;
  return error;
}

Result<std::optional<EngineImages::Local>> EngineImages::find_local(const ImageReference& reference,
                                                                    const ports::Call& call) {
  const auto response = api_.send({.path = "/images/" + reference.pull_name() + "/json"}, call);
  if (!response) return response.error();
  if (response->status == 404) return std::optional<Local>();
  if (!response->ok()) return engine_error("inspect image " + reference.pull_name(), *response);
  const auto image = parse_object(response->body);
  Local local;
  for (const auto& entry : array_at(image, "RepoDigests")) {
    if (!entry.is_string()) continue;
    const std::string text(entry.get_string());
    const auto at = text.find('@');
    if (at != std::string::npos && same_repository(text.substr(0, at), reference.repository))
      local.digests.push_back(text.substr(at + 1));
  }
  local.platform = std::string(text_at(image, "Os")) + "/" + std::string(text_at(image, "Architecture"));
  if (const auto variant = text_at(image, "Variant"); !variant.empty()) local.platform.append("/").append(variant);
  return std::optional<Local>(std::move(local));
}

Result<std::string> EngineImages::ask_registry(const ImageReference& reference, const ports::Call& call) {
  const auto who = api_.identity(call);
  if (!who) return who.error();
  HttpRequest request{.path = "/distribution/" + reference.pull_name() + "/json"};
  if (const auto added = add_auth(request, reference.registry()); !added) return added.error();
  const auto response = api_.send(std::move(request), call);
  if (!response) return response.error();
  if (!response->ok()) {
    const bool no_such_call = who->podman && response->status == 404;
    if (no_such_call)
      return Error{ErrorKind::rejected,
                   who->product + " cannot ask a registry for the digest of " + reference.pull_name()};
    return refusal(reference, engine_message(*response));
  }
  const std::string digest(text_at(object_at(parse_object(response->body), "Descriptor"), "digest"));
  if (digest.empty())
    return Error{ErrorKind::transient, "image " + reference.pull_name() + ": the registry told no digest"};
  return digest;
}

Result<std::string> EngineImages::registry_digest(const std::string& reference, const ports::Call& call) {
  const auto parsed = parse_image_reference(reference);
  if (!parsed) return parsed.error();
  if (!parsed->digest.empty()) return parsed->digest;
  return ask_registry(*parsed, call);
}

Result<EngineImages::Ensured> EngineImages::ensure(const EnsureImage& wanted, const Progress& progress,
                                                   const ports::Call& call) {
  const auto reference = parse_image_reference(wanted.reference);
  if (!reference) return reference.error();
  const auto local = find_local(*reference, call);
  if (!local) return local.error();
  const bool present = local->has_value() && platform_fits(wanted.platform, (*local)->platform);
  if (present && !reference->digest.empty()) return Ensured{reference->digest};
  if (wanted.pull_policy == "never") {
    if (present) return Ensured{digest_of_local((*local)->digests)};
    return Error{ErrorKind::missing, "image " + wanted.reference + " is not on the instance, and pull_policy is never"};
  }
  if (!present) return pull(*reference, wanted.platform, progress, call);
  const bool local_will_do = wanted.pull_policy == "missing" || wanted.pull_policy == "if_not_present";
  if (local_will_do) return Ensured{digest_of_local((*local)->digests)};
  return refresh(*reference, **local, wanted, progress, call);
}

Result<EngineImages::Ensured> EngineImages::refresh(const ImageReference& reference, const Local& local,
                                                    const EnsureImage& wanted, const Progress& progress,
                                                    const ports::Call& call) {
  const ports::Call patient{std::min(call.deadline, std::chrono::steady_clock::now() + kRegistryPatience), call.stop};
  const auto digest = ask_registry(reference, patient);
  if (!digest && digest.error().kind == ErrorKind::cancelled) return digest.error();
  const bool cannot_ask = !digest && digest.error().kind == ErrorKind::rejected;
  if (!digest && !cannot_ask) return Ensured{digest_of_local(local.digests)};
  const bool current = digest && std::find(local.digests.begin(), local.digests.end(), *digest) != local.digests.end();
  if (current) return Ensured{*digest};
  auto pulled = pull(reference, wanted.platform, progress, call);
  if (!pulled && cannot_ask && pulled.error().kind != ErrorKind::cancelled)
    return Ensured{digest_of_local(local.digests)};
  // Where the registry cannot be asked first, a pull may bring what was there before, which is not ours to remove.
  if (pulled)
    pulled->pulled = std::find(local.digests.begin(), local.digests.end(), pulled->digest) == local.digests.end();
  return pulled;
}

Result<EngineImages::Ensured> EngineImages::pull(const ImageReference& reference, const std::string& platform,
                                                 const Progress& progress, const ports::Call& call) {
  const std::string tag = reference.tag.empty() ? std::string("latest") : reference.tag;
  Query query{{"fromImage", reference.repository}, {"tag", reference.digest.empty() ? tag : reference.digest}};
  if (!platform.empty()) query.emplace_back("platform", platform);
  PullStream stream;
  ProgressTeller teller(progress, reference.pull_name());
  HttpRequest request{.method = "POST", .path = "/images/create" + query_text(query)};
  request.on_body = [&](std::string_view piece) {
    if (stream.feed(piece)) teller.tell(stream);
    return true;
  };
  request.silence_limit = kPullSilence;
  if (const auto added = add_auth(request, reference.registry()); !added) return added.error();
  const auto response = api_.send(std::move(request), call);
  if (!response) return with_context(response.error(), "pull " + reference.pull_name());
  if (!response->ok()) return refusal(reference, engine_message(*response));
  if (stream.failure()) return refusal(reference, *stream.failure());
  if (!reference.digest.empty()) return Ensured{reference.digest, true};
  if (!stream.digest().empty()) return Ensured{stream.digest(), true};
  const auto local = find_local(reference, call);
  if (!local) return local.error();
  if (!local->has_value())
    return Error{ErrorKind::transient, "image " + reference.pull_name() + ": pulled, but not there afterwards"};
  return Ensured{digest_of_local((*local)->digests), true};
}

}  // namespace plimsoll::adapters
