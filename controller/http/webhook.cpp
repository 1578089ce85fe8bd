#include "controller/http/webhook.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>

#include "controller/http/request_target.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::string_view kScheme = "sha256=";
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kMaxDepth = 32;

using Digest = std::array<unsigned char, kDigestBytes>;

std::optional<unsigned char> nibble(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<unsigned char>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<unsigned char>(letter - 'a' + 10);
  if (letter >= 'A' && letter <= 'F') return static_cast<unsigned char>(letter - 'A' + 10);
  return std::nullopt;
}

std::optional<Digest> signature_of(const Request& request) {
  const std::string text = request.header("x-hub-signature-256");
  if (text.size() != kScheme.size() + 2 * kDigestBytes || !text.starts_with(kScheme)) return std::nullopt;
  Digest digest{};
  for (std::size_t index = 0; index < kDigestBytes; ++index) {
    const auto high = nibble(text[kScheme.size() + 2 * index]);
    const auto low = nibble(text[kScheme.size() + 2 * index + 1]);
    if (!high || !low) return std::nullopt;
    digest[index] = static_cast<unsigned char>(*high * 16U + *low);
  }
  return digest;
}

std::optional<Digest> hmac(const Secret& secret, const std::string& bytes) {
  Digest digest{};
  unsigned int size = 0;
  const std::string& key = secret.reveal();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, bytes.size(), digest.data(), &size) ||
      size != kDigestBytes) {
    return std::nullopt;
  }
  return digest;
}

std::string media_type(const Request& request) {
  std::string type = request.header("content-type");
  type.resize(std::min(type.find(';'), type.size()));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return type;
}

bool is_form(const Request& request) { return media_type(request) == "application/x-www-form-urlencoded"; }

std::string string_member(const json::object& object, std::string_view name) {
  const json::value* const member = object.if_contains(name);
  const json::string* const text = member ? member->if_string() : nullptr;
  return text ? std::string(text->begin(), text->end()) : std::string();
}

}  // namespace

std::optional<PushedSource> parse_push(const std::string& payload) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code failed;
  const json::value parsed = json::parse(payload, failed, {}, options);
  const json::object* const object = failed ? nullptr : parsed.if_object();
  if (!object) return std::nullopt;
  PushedSource source;
  source.ref = string_member(*object, "ref");
  const json::value* const member = object->if_contains("repository");
  const json::object* const repository = member ? member->if_object() : nullptr;
  if (!repository) return source;
  for (const char* name : {"clone_url", "ssh_url", "git_url", "html_url"}) {
    std::string url = string_member(*repository, name);
    if (!url.empty()) source.repository_urls.push_back(std::move(url));
  }
  return source;
}

Webhook::Webhook(WebhookOptions options, ControlApi& control, Now now, Count count)
    : options_(std::move(options)),
      control_(control),
      now_(std::move(now)),
      count_(std::move(count)),
      bucket_(options_.burst, options_.per_second) {
  // An empty key would let anybody sign.
  std::erase_if(options_.secrets, [](const Secret& secret) { return secret.empty(); });
}

Response Webhook::refuse(int status, const char* result, const std::string& message, const std::string& kind) {
  count_(result);
  Response response = error_response(status, message, kind);
  if (status == 429) response.headers["Retry-After"] = "1";
  return response;
}

Response Webhook::accept(const char* result) {
  count_(result);
  Response response;
  response.status = 202;
  response.body = std::string("{\"result\":\"") + result + "\"}\n";
  return response;
}

std::optional<Response> Webhook::screen(const Request& head) {
  if (options_.secrets.empty()) {
    return refuse(503, webhook_result::kUnconfigured, "no webhook secret is configured; set webhook.secret_file",
                  "rejected");
  }
  if (!signature_of(head)) {
    return refuse(401, webhook_result::kUnauthorized,
                  "X-Hub-Signature-256 is absent or not sha256=<64 hex>; set the same secret on both sides",
                  "unauthorized");
  }
  if (!bucket_.take(now_())) {
    return refuse(429, webhook_result::kRateLimited, "too many deliveries; polling goes on", "transient");
  }
  if (media_type(head) != "application/json" && !is_form(head)) {
    return refuse(400, webhook_result::kMalformed,
                  "the content type is neither application/json nor application/x-www-form-urlencoded", "rejected");
  }
  return std::nullopt;
}

bool Webhook::authentic(const Request& request) const {
  const auto given = signature_of(request);
  if (!given) return false;
  bool matches = false;
  for (const Secret& secret : options_.secrets) {  // all of them, so that time does not tell which one matched
    const auto expected = hmac(secret, request.body);
    matches |= expected && CRYPTO_memcmp(expected->data(), given->data(), kDigestBytes) == 0;
  }
  return matches;
}

Response Webhook::handle(const Request& request) {
  if (!authentic(request)) {
    return refuse(401, webhook_result::kUnauthorized,
                  "the signature does not match the body; set the same secret on both sides", "unauthorized");
  }
  const std::string event = request.header("x-github-event");
  if (event.empty()) return refuse(400, webhook_result::kMalformed, "X-GitHub-Event is absent", "rejected");
  if (event == "ping") return accept(webhook_result::kPing);
  if (event != "push") return accept(webhook_result::kIgnored);
  return push(request);
}

Response Webhook::push(const Request& request) {
  const auto source = parse_push(is_form(request) ? form_value(request.body, "payload") : request.body);
  if (!source) return refuse(400, webhook_result::kMalformed, "the payload is not a JSON object", "rejected");
  if (source->repository_urls.empty() || source->ref.empty() ||
      !control_.watches(source->repository_urls, source->ref)) {
    return accept(webhook_result::kIgnored);
  }
  control_.refresh_source();
  return accept(webhook_result::kAccepted);
}

Router::Route Webhook::route() {
  return {.method = "POST",
          .path = "/api/webhook",
          .access = Access::open,
          .handle = [this](Request request, Respond respond) { respond(handle(request)); },
          .screen = [this](const Request& head) { return screen(head); },
          .cut_off =
              [this](int status) {
                count_(status == 413   ? webhook_result::kTooLarge
                       : status == 503 ? webhook_result::kRateLimited
                       : status == 400 ? webhook_result::kMalformed
                                       : webhook_result::kTooSlow);
              }};
}

}  // namespace plimsoll::controller
