#include <catch2/catch.hpp>

#include "adapters/git/base64.hpp"
#include "adapters/git/known_hosts.hpp"
#include "adapters/git/ssh_key_file.hpp"
#include "tests/adapters/temporary_directory.hpp"

namespace plimsoll::adapters {
namespace {

const std::string kEdA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPERyq6UffQu4uhn3rbtbsdP36hyNCMd5t7b17XrBCbW";
const std::string kEdB = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO7+0hOTGKai0OqxTXBfQJJ08oGm9eOmiapbmRHN18+5";
const std::string kEcdsa =
    "ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFWIXDHEkQ7alQuYQz4qeaBMUL7R2OSxbIWndCtZJDY/"
    "BllCjbdcYI/QPj1iVMhXAuSZlliXvWyZgejMv/6e+aQ=";
// Made by `ssh-keygen -H` of git.example.org and of [git.example.org]:2222.
const std::string kHashed = "|1|Svqzh4UGkg45G4MdG6o1/NrceRc=|gu4lnSiCVwAhzz3k4+IUmw/lhHM= " + kEdA;
const std::string kHashedPort = "|1|iqbaonJP/G/mq+yXffVT9+rx4w0=|JSDrKdLIj+J0G1DGSAuTjvJJxhY= " + kEdA;

std::string raw(const std::string& line) { return *base64_decode(line.substr(line.find(' ') + 1)); }

struct Row {
  std::string file;
  std::string host;
  int port;
  std::string shown;  ///< the key that the server shows
  HostKeyVerdict verdict;
};

const Row kRows[] = {
    {"", "host", 22, kEdA, HostKeyVerdict::unknown},
    {"host " + kEdA, "host", 22, kEdA, HostKeyVerdict::trusted},
    {"host " + kEdA + " a comment\r\n", "host", 22, kEdA, HostKeyVerdict::trusted},
    {"  host\t" + kEdA, "HOST", 22, kEdA, HostKeyVerdict::trusted},
    {"HOST " + kEdA, "host", 22, kEdA, HostKeyVerdict::trusted},
    {"host " + kEdB, "host", 22, kEdA, HostKeyVerdict::changed},
    {"host " + kEdB + "\nhost " + kEdA, "host", 22, kEdA, HostKeyVerdict::trusted},
    {"host " + kEcdsa, "host", 22, kEdA, HostKeyVerdict::other_type},
    {"host " + kEcdsa, "host", 22, kEcdsa, HostKeyVerdict::trusted},
    {"host " + kEdA, "host2", 22, kEdA, HostKeyVerdict::unknown},
    {"host " + kEdA, "hos", 22, kEdA, HostKeyVerdict::unknown},
    {"host " + kEdA, "host", 2222, kEdA, HostKeyVerdict::unknown},
    {"[host]:2222 " + kEdA, "host", 2222, kEdA, HostKeyVerdict::trusted},
    {"[host]:2222 " + kEdA, "host", 22, kEdA, HostKeyVerdict::unknown},
    {"a,host,b " + kEdA, "host", 22, kEdA, HostKeyVerdict::trusted},
    {"*.example.org " + kEdA, "git.example.org", 22, kEdA, HostKeyVerdict::trusted},
    {"*.example.org " + kEdA, "example.org", 22, kEdA, HostKeyVerdict::unknown},
    {"git?.example.org " + kEdA, "git1.example.org", 22, kEdA, HostKeyVerdict::trusted},
    {"*.example.org,!git.example.org " + kEdA, "git.example.org", 22, kEdA, HostKeyVerdict::unknown},
    {"!git.example.org,*.example.org " + kEdA, "other.example.org", 22, kEdA, HostKeyVerdict::trusted},
    {kHashed, "git.example.org", 22, kEdA, HostKeyVerdict::trusted},
    {kHashed, "git.example.org", 2222, kEdA, HostKeyVerdict::unknown},
    {kHashed, "evil.example.org", 22, kEdA, HostKeyVerdict::unknown},
    {kHashedPort, "git.example.org", 2222, kEdA, HostKeyVerdict::trusted},
    {kHashedPort, "git.example.org", 2222, kEdB, HostKeyVerdict::changed},
    {"# host " + kEdA, "host", 22, kEdA, HostKeyVerdict::unknown},
    {"@revoked host " + kEdA, "host", 22, kEdA, HostKeyVerdict::revoked},
    {"host " + kEdA + "\n@revoked * " + kEdA, "host", 22, kEdA, HostKeyVerdict::revoked},
    {"@revoked host " + kEdB + "\nhost " + kEdA, "host", 22, kEdA, HostKeyVerdict::trusted},
    {"@cert-authority host " + kEdA, "host", 22, kEdA, HostKeyVerdict::unknown},
    {"host ssh-rsa " + kEdA.substr(12), "host", 22, kEdA, HostKeyVerdict::unknown},
    {"host ssh-ed25519 not*base64", "host", 22, kEdA, HostKeyVerdict::unknown},
    {"host ssh-ed25519", "host", 22, kEdA, HostKeyVerdict::unknown},
    {"host\n\n|1|x\n|1|=|= " + kEdA, "host", 22, kEdA, HostKeyVerdict::unknown},
};

TEST_CASE("a known_hosts file decides about a host key") {
  for (const Row& row : kRows) {
    INFO(row.file << " / " << row.host << ":" << row.port);
    CHECK(judge_host_key(known_host_keys(row.file, row.host, row.port), raw(row.shown)) == row.verdict);
  }
}

TEST_CASE("every refusal names the fingerprint, the file and the mend, and is unauthorized") {
  for (const auto verdict :
       {HostKeyVerdict::unknown, HostKeyVerdict::changed, HostKeyVerdict::other_type, HostKeyVerdict::revoked}) {
    const Error error = host_key_error(verdict, "host", 2222, raw(kEdA), "/etc/plimsoll/known_hosts");
    CHECK(error.kind == ErrorKind::unauthorized);
    CHECK_THAT(error.message, Catch::Contains("SHA256:ym2tpy6EUDFJ79B6qn0or06ht5QTaUYwkmzO2/Fv0so"));
    CHECK_THAT(error.message, Catch::Contains("/etc/plimsoll/known_hosts") && Catch::Contains("[host]:2222"));
  }
}

TEST_CASE("a key blob names its type, a malformed one none") {
  CHECK(host_key_type(raw(kEdA)) == "ssh-ed25519");
  CHECK(host_key_type(raw(kEcdsa)) == "ecdsa-sha2-nistp256");
  for (const std::string& bad :
       {std::string(), std::string("abc"), std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\5ab", 6)})
    CHECK(host_key_type(bad).empty());
}

std::string ssh_string(const std::string& text) { return std::string{0, 0, 0, static_cast<char>(text.size())} + text; }

/// The public front of an OpenSSH private key file; what would follow is the private part.
std::string openssh_key(const std::string& cipher, const std::string& public_key) {
  const std::string blob = std::string("openssh-key-v1\0", 15) + ssh_string(cipher) + ssh_string("none") +
                           ssh_string("") + std::string("\0\0\0\1", 4) + ssh_string(public_key);
  const std::string text = base64_encode(blob);
  return "-----BEGIN OPENSSH "
         "PRIVATE KEY-----\n" +
         text.substr(0, 20) + "\n" + text.substr(20) +
         "\n-----END OPENSSH "
         "PRIVATE KEY-----\n";
}

TEST_CASE("key files are recognised by type, and one with a passphrase is refused") {
  CHECK(inspect_ssh_key(openssh_key("none", raw(kEdA))).type == "ssh-ed25519");
  CHECK_FALSE(inspect_ssh_key(openssh_key("none", raw(kEdA))).encrypted);
  CHECK(inspect_ssh_key(openssh_key("aes256-ctr", raw(kEdA))).encrypted);
  CHECK(inspect_ssh_key("-----BEGIN RSA "
                        "PRIVATE KEY-----\n")
            .type == "ssh-rsa");
  CHECK(inspect_ssh_key("-----BEGIN RSA "
                        "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n")
            .encrypted);
  CHECK(inspect_ssh_key("-----BEGIN OPENSSH "
                        "PRIVATE KEY-----\n!!!")
            .type.empty());
  const test::TemporaryDirectory directory;
  CHECK(check_ssh_key_file(directory.write("good", openssh_key("none", raw(kEdA)))).ok());
  const auto locked = check_ssh_key_file(directory.write("locked", openssh_key("aes256-ctr", raw(kEdA))));
  CHECK(locked.error().kind == ErrorKind::unauthorized);
  CHECK_THAT(locked.error().message, Catch::Contains("passphrase"));
  CHECK_THAT(check_ssh_key_file(directory.write("k.pub", kEdA)).error().message, Catch::Contains(".pub"));
  CHECK(check_ssh_key_file(directory.path("absent")).error().kind == ErrorKind::unauthorized);
}

TEST_CASE("base64 takes what it gave and nothing else") {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xff", 2)})
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
  for (const char* bad : {"a", "ab", "abc", "ab cd===", "****", "YWJj\n"}) CHECK_FALSE(base64_decode(bad).has_value());
}

}  // namespace
}  // namespace plimsoll::adapters
