#include "adapters/digest_key.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "adapters/file_descriptor.hpp"
#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kKeyBytes = 32;

Error cannot(const std::string& doing, const std::string& path, int code) {
  return {ErrorKind::rejected, "cannot " + doing + " " + path + ": " + std::strerror(code) +
                                   "; state_dir must be a directory that the controller may write"};
}

Result<std::string> random_bytes() {
  std::string bytes(kKeyBytes, '\0');
  // Up to 256 bytes come whole or not at all (getrandom(2)).
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return Error{ErrorKind::transient, std::string("cannot get random bytes: ") + std::strerror(errno)};
  }
  return bytes;
}

Result<void> write_all(const std::string& path, std::string_view bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return cannot("create", path, errno);
  if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      ::fsync(file.get()) != 0) {
    return cannot("write", path, errno);
  }
  return {};
}

/// Written whole under another name, then linked: whoever comes second finds the first one's key.
Result<void> make_key(const std::string& path) {
  auto key = random_bytes();
  if (!key) return std::move(key).error();
  const std::string draft = path + ".new-" + std::to_string(::getpid());
  ::unlink(draft.c_str());
  auto written = write_all(draft, *key);
  const int linked = written ? ::link(draft.c_str(), path.c_str()) : 0;
  const int code = errno;
  ::unlink(draft.c_str());
  if (written && linked != 0 && code != EEXIST) return cannot("create", path, code);
  // Lost with the power, the next key would be another one, and every secret would seem to have changed.
  if (written && !sync_directory_of(path)) return cannot("write", path, errno);
  return written;
}

Result<std::string> load_key(const std::string& path) {
  auto key = read_small_file(path, kKeyBytes, /* follow_symlink= */ false);
  if (!key) return key;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    return Error{ErrorKind::rejected, path + " can be read by others; give it mode 0600"};
  }
  if (key->size() != kKeyBytes) {
    return Error{ErrorKind::rejected, path + " has " + std::to_string(key->size()) + " bytes instead of " +
                                          std::to_string(kKeyBytes) + "; remove it, a new one will be made"};
  }
  return key;
}

}  // namespace

Result<std::string> load_or_make_digest_key(const std::string& state_dir) {
  const std::string path = state_dir + "/digest.key";
  auto key = load_key(path);
  if (key || key.error().kind != ErrorKind::missing) return key;
  std::error_code failure;
  const bool created = std::filesystem::create_directories(state_dir, failure);
  if (failure) return cannot("create", state_dir, failure.value());
  if (created) std::filesystem::permissions(state_dir, std::filesystem::perms::owner_all, failure);
  if (created && !sync_directory_of(state_dir)) return cannot("create", state_dir, errno);
  if (auto made = make_key(path); !made) return std::move(made).error();
  return load_key(path);
}

}  // namespace plimsoll::adapters
