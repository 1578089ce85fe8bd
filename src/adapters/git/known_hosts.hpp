#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// One key that a known_hosts file has for a host.
struct KnownHostKey {
  std::string type;  ///< `ssh-ed25519`, ...
  std::string key;   ///< the public key, raw bytes as on the wire
  bool revoked = false;
};

/// What a known_hosts file says of a host key.
enum class HostKeyVerdict {
  trusted,
  unknown,     ///< the file has no key for this host
  other_type,  ///< the file has keys for this host, but none of this type
  changed,     ///< the file has another key of this type: somebody may be listening
  revoked,     ///< marked `@revoked`
};

/// The keys that `known_hosts` (text in OpenSSH's format, sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT") has for `host` and
/// `port`. Understands patterns (`*`, `?`, `!`), `[host]:port`, hashed names (`|1|salt|hash`) and `@revoked`; leaves
/// out
/// `@cert-authority` lines, comments and lines it cannot read.
[[nodiscard]] std::vector<KnownHostKey> known_host_keys(std::string_view known_hosts, const std::string& host,
                                                        int port);

/// Compares the host's key (raw bytes) with what is known.
[[nodiscard]] HostKeyVerdict judge_host_key(const std::vector<KnownHostKey>& known, std::string_view key);

/// The type that a raw public key names itself, such as `ssh-ed25519`; empty when it is malformed.
[[nodiscard]] std::string host_key_type(std::string_view key);

/// `SHA256:…` as `ssh-keygen -l` prints it.
[[nodiscard]] std::string host_key_fingerprint(std::string_view key);

/// The refusal for every verdict but `trusted`: `unauthorized`, naming the fingerprint and the file to mend.
[[nodiscard]] Error host_key_error(HostKeyVerdict verdict, const std::string& host, int port, std::string_view key,
                                   const std::string& known_hosts_file);

}  // namespace plimsoll::adapters
