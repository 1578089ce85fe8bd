#include "adapters/docker/image_reference.hpp"

#include <algorithm>

namespace plimsoll::adapters {
namespace {

constexpr std::string_view kHub = "docker.io";

/// The registry's host in a repository name: the part before the first slash, when it looks like a host.
std::string host_of(const std::string& repository) {
  const auto slash = repository.find('/');
  if (slash == std::string::npos) return std::string(kHub);
  const std::string first = repository.substr(0, slash);
  const bool is_host = first.find_first_of(".:") != std::string::npos || first == "localhost";
  if (!is_host || first == "index.docker.io") return std::string(kHub);
  return first;
}

std::string normal_form(const std::string& repository) {
  std::string rest = repository;
  const std::string host = host_of(repository);
  const auto slash = repository.find('/');
  const bool written = slash != std::string::npos &&
                       (repository.substr(0, slash) == host || repository.substr(0, slash) == "index.docker.io");
  if (written) rest = repository.substr(slash + 1);
  if (host == kHub && rest.find('/') == std::string::npos) rest.insert(0, "library/");
  return host + "/" + rest;
}

bool well_formed(const std::string& text) {
  return !text.empty() && text.size() <= 512 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("._-/:@[]").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

std::string ImageReference::text() const { return digest.empty() ? repository + ":" + tag : with_digest(digest); }

Result<ImageReference> parse_image_reference(const std::string& text) {
  if (!well_formed(text)) return Error{ErrorKind::rejected, "'" + text + "' is not an image reference"};
  ImageReference reference;
  std::string rest = text;
  if (const auto at = rest.find('@'); at != std::string::npos) {
    reference.digest = rest.substr(at + 1);
    rest.resize(at);
    if (reference.digest.find(':') == std::string::npos)
      return Error{ErrorKind::rejected, "image '" + text + "': write the digest as @sha256:<64 hex>"};
  }
  const auto colon = rest.rfind(':');
  const auto slash = rest.rfind('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
    reference.tag = rest.substr(colon + 1);
    rest.resize(colon);
  }
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  if (rest.empty()) return Error{ErrorKind::rejected, "image '" + text + "' names no repository"};
  reference.repository = rest;
  reference.host = host_of(rest);
  return reference;
}

std::string normal_name(const std::string& text) {
  const auto parsed = parse_image_reference(text);
  if (!parsed) return text;
  return normal_form(parsed->repository) + (parsed->digest.empty() ? ":" + parsed->tag : "@" + parsed->digest);
}

bool same_repository(const std::string& left, const std::string& right) {
  return left == right || normal_form(left) == normal_form(right);
}

}  // namespace plimsoll::adapters
