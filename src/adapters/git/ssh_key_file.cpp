#include "adapters/git/ssh_key_file.hpp"

#include <openssl/crypto.h>

#include "adapters/git/base64.hpp"
#include "adapters/git/known_hosts.hpp"
#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

/// Takes a length-prefixed string (RFC 4251, 5) off `rest`; empty when there is none.
std::string_view take_string(std::string_view& rest) {
  if (rest.size() < 4) return rest = {};
  std::size_t length = 0;
  for (const char byte : rest.substr(0, 4)) length = (length << 8U) | static_cast<unsigned char>(byte);
  if (length > rest.size() - 4) return rest = {};
  const auto value = rest.substr(4, length);
  rest.remove_prefix(4 + length);
  return value;
}

SshKeyFacts inspect_openssh(std::string_view text) {
  static constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
  text.remove_prefix(text.find(kBegin) + kBegin.size());
  std::string encoded;
  for (const char c : text.substr(0, text.find("-----END")))
    if (c != '\n' && c != '\r' && c != ' ') encoded += c;
  auto blob = base64_decode(encoded);
  static constexpr std::string_view kMagic{"openssh-key-v1\0", 15};
  SshKeyFacts facts;
  if (!blob || blob->compare(0, kMagic.size(), kMagic) != 0) return facts;
  std::string_view rest = std::string_view(*blob).substr(kMagic.size());
  const auto cipher = take_string(rest);
  take_string(rest);  // key derivation
  take_string(rest);  // its options
  facts.encrypted = cipher != "none";
  if (rest.size() >= 4) rest.remove_prefix(4);  // number of keys
  facts.type = host_key_type(take_string(rest));
  OPENSSL_cleanse(blob->data(), blob->size());
  OPENSSL_cleanse(encoded.data(), encoded.size());
  return facts;
}

}  // namespace

SshKeyFacts inspect_ssh_key(std::string_view text) {
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (has("-----BEGIN OPENSSH PRIVATE KEY-----")) return inspect_openssh(text);
  SshKeyFacts facts;
  facts.encrypted = has("ENCRYPTED");
  if (has("-----BEGIN RSA PRIVATE KEY-----")) facts.type = "ssh-rsa";
  if (has("-----BEGIN EC PRIVATE KEY-----")) facts.type = "ecdsa";
  return facts;
}

Result<SshKeyFacts> check_ssh_key_file(const std::string& path) {
  const auto refused = [&](std::string why) -> Error {
    return {ErrorKind::unauthorized, "credentials.ssh_key_file " + path + " " + std::move(why)};
  };
  auto text = read_small_file(path, 64U << 10U, true);
  if (!text) return Error{ErrorKind::unauthorized, "credentials.ssh_key_file: " + text.error().message};
  const bool is_key = text->find("PRIVATE KEY-----") != std::string::npos;
  const auto facts = inspect_ssh_key(*text);
  OPENSSL_cleanse(text->data(), text->size());
  if (!is_key) return refused("is not a private key (is it the .pub file?)");
  if (facts.encrypted)
    return refused(
        "has a passphrase; a controller cannot type it: make a key without one (`ssh-keygen -t ed25519 -N ''`)");
  return facts;
}

}  // namespace plimsoll::adapters
