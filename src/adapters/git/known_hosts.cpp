#include "adapters/git/known_hosts.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "adapters/git/base64.hpp"

namespace plimsoll::adapters {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The name under which OpenSSH looks a host up.
std::string lookup_name(const std::string& host, int port) {
  return port == 22 ? lower(host) : "[" + lower(host) + "]:" + std::to_string(port);
}

std::string_view take_word(std::string_view& line) {
  const auto begin = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(begin);
  const auto word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

/// Shell-like match with `*` and `?`, linear in time but for one point of return.
bool wildcard_match(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool hashed_match(std::string_view field, const std::string& name) {
  field.remove_prefix(3);  // "|1|"
  const auto bar = field.find('|');
  if (bar == std::string_view::npos) return false;
  const auto salt = base64_decode(field.substr(0, bar));
  const auto hash = base64_decode(field.substr(bar + 1));
  if (!salt || !hash || hash->size() != SHA_DIGEST_LENGTH) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> computed{};
  unsigned int length = 0;
  HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()), reinterpret_cast<const unsigned char*>(name.data()),
       name.size(), computed.data(), &length);
  return length == hash->size() &&
         std::equal(hash->begin(), hash->end(), reinterpret_cast<const char*>(computed.data()));
}

bool names_match(std::string_view field, const std::string& name) {
  if (field.substr(0, 3) == "|1|") return hashed_match(field, name);
  bool matched = false;
  while (!field.empty()) {
    auto pattern = field.substr(0, field.find(','));
    field.remove_prefix(std::min(pattern.size() + 1, field.size()));
    const bool negated = !pattern.empty() && pattern.front() == '!';
    if (negated) pattern.remove_prefix(1);
    if (pattern.empty() || !wildcard_match(lower(pattern), name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

std::vector<KnownHostKey> known_host_keys(std::string_view known_hosts, const std::string& host, int port) {
  const std::string name = lookup_name(host, port);
  std::vector<KnownHostKey> keys;
  while (!known_hosts.empty()) {
    auto line = take_line(known_hosts);
    auto names = take_word(line);
    if (names.empty() || names.front() == '#') continue;
    const bool revoked = names == "@revoked";
    if (names.front() == '@') {
      if (!revoked) continue;
      names = take_word(line);
    }
    const auto type = take_word(line);
    auto key = base64_decode(take_word(line));
    if (!key || key->empty() || host_key_type(*key) != type || !names_match(names, name)) continue;
    keys.push_back({std::string(type), std::move(*key), revoked});
  }
  return keys;
}

HostKeyVerdict judge_host_key(const std::vector<KnownHostKey>& known, std::string_view key) {
  const std::string type = host_key_type(key);
  auto verdict = HostKeyVerdict::unknown;
  for (const KnownHostKey& candidate : known) {
    if (candidate.revoked && candidate.key == key) return HostKeyVerdict::revoked;
    if (candidate.revoked || verdict == HostKeyVerdict::trusted) continue;
    if (candidate.key == key)
      verdict = HostKeyVerdict::trusted;
    else if (candidate.type == type)
      verdict = HostKeyVerdict::changed;
    else if (verdict == HostKeyVerdict::unknown)
      verdict = HostKeyVerdict::other_type;
  }
  return verdict;
}

std::string host_key_type(std::string_view key) {
  if (key.size() < 4) return {};
  std::size_t length = 0;
  for (const char byte : key.substr(0, 4)) length = (length << 8U) | static_cast<unsigned char>(byte);
  if (length > 64 || length > key.size() - 4) return {};
  return std::string(key.substr(4, length));
}

std::string host_key_fingerprint(std::string_view key) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  auto text = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  while (!text.empty() && text.back() == '=') text.pop_back();
  return "SHA256:" + text;
}

Error host_key_error(HostKeyVerdict verdict, const std::string& host, int port, std::string_view key,
                     const std::string& known_hosts_file) {
  const std::string shown = host_key_type(key) + " key " + host_key_fingerprint(key);
  const std::string scan = "`ssh-keyscan -p " + std::to_string(port) + " " + host + "`";
  const std::string who = "the SSH host " + lookup_name(host, port);
  std::string message;
  switch (verdict) {
    case HostKeyVerdict::changed:
      message = who + " shows " + shown + ", which differs from the one in " + known_hosts_file +
                "; someone may be listening. If the host was really given a new key, put it there (" + scan + ")";
      break;
    case HostKeyVerdict::revoked:
      message = who + " shows " + shown + ", which " + known_hosts_file + " marks as revoked";
      break;
    case HostKeyVerdict::other_type:
      message = who + " shows " + shown + ", but " + known_hosts_file +
                " has keys of other types only; compare the fingerprint and add it (" + scan + ")";
      break;
    case HostKeyVerdict::unknown:
    case HostKeyVerdict::trusted:
      message = who + " is not in " + known_hosts_file + "; it shows " + shown +
                ": compare the fingerprint and add the key (" + scan + ")";
      break;
  }
  return {ErrorKind::unauthorized, std::move(message)};
}

}  // namespace plimsoll::adapters
