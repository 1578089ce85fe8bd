#pragma once

#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// What a private key file holds, as far as it can be seen without using it.
struct SshKeyFacts {
  std::string type;        ///< `ssh-ed25519`, `ssh-rsa`, ...; empty when it cannot be told
  bool encrypted = false;  ///< needs a passphrase
};

/// Looks at the text of a private key: OpenSSH's own format (PROTOCOL.key) or PEM.
[[nodiscard]] SshKeyFacts inspect_ssh_key(std::string_view text);

/// Checks that `path` is a private key that can be used unattended. `unauthorized` names the mend.
[[nodiscard]] Result<SshKeyFacts> check_ssh_key_file(const std::string& path);

}  // namespace plimsoll::adapters
