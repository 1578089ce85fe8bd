#pragma once

#include <functional>
#include <map>
#include <string>

#include "model/result.hpp"
#include "model/secret.hpp"

namespace plimsoll::adapters {

/// How to log in to one registry. The password is fetched each time it is needed, so that a rotated file is read anew.
struct RegistryCredential {
  std::string username;
  std::function<Result<Secret>()> password;
};

/// Credentials by registry host as image references write it: `ghcr.io`, `registry.acme.org:5000`, `docker.io`.
using RegistryCredentials = std::map<std::string, RegistryCredential, std::less<>>;

/// A credential whose password is the content of a file, without its last line end.
[[nodiscard]] RegistryCredential registry_credential_from_file(std::string username, std::string password_file);

/// The value of `X-Registry-Auth` for `host` (Engine API: base64url with padding of a JSON object), or empty when there
/// is no credential. It is a credential: it must not be logged. `rejected` when the password cannot be read.
[[nodiscard]] Result<std::string> registry_auth_header(const RegistryCredentials& credentials, const std::string& host);

}  // namespace plimsoll::adapters
