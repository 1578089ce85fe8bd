#include "adapters/docker/registry_credentials.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "adapters/git/base64.hpp"
#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kMaxPasswordBytes = 64U << 10U;

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

}  // namespace

RegistryCredential registry_credential_from_file(std::string username, std::string password_file) {
  return {std::move(username), [path = std::move(password_file)]() -> Result<Secret> {
            auto password = read_small_file(path, kMaxPasswordBytes, true);
            if (!password) return Error{ErrorKind::rejected, std::move(password).error().message};
            while (!password->empty() && (password->back() == '\n' || password->back() == '\r')) password->pop_back();
            return Secret(std::move(*password));
          }};
}

Result<std::string> registry_auth_header(const RegistryCredentials& credentials, const std::string& host) {
  const auto found = credentials.find(host);
  if (found == credentials.end()) return std::string();
  const auto password = found->second.password();
  if (!password) return with_context(password.error(), "registry " + host);
  const std::string server = host == "docker.io" ? "https://index.docker.io/v1/" : host;
  const boost::json::object auth{
      {"username", found->second.username}, {"password", password->reveal()}, {"serveraddress", server}};
  return base64url(boost::json::serialize(auth));
}

}  // namespace plimsoll::adapters
