#include "adapters/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "adapters/file_descriptor.hpp"

namespace plimsoll::adapters {
namespace {

Error refused(const std::string& path, const std::string& why) {
  return {ErrorKind::rejected, "cannot read " + path + ": " + why};
}

std::string open_failure(int code) {
  if (code == ELOOP) return "it is a symbolic link; put the file itself there";
  return std::strerror(code);
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes, bool follow_symlink) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer for ever.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow_symlink ? 0 : O_NOFOLLOW);
  const FileDescriptor file(::open(path.c_str(), flags));
  if (!file) {
    const int code = errno;
    Error error = refused(path, open_failure(code));
    if (code == ENOENT || code == ENOTDIR) error.kind = ErrorKind::missing;
    return error;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return refused(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return refused(path, "it is not a regular file");
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refused(path, std::strerror(errno));
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > max_bytes) {
      return refused(path, "it is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

bool sync_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::absolute(path).lexically_normal().parent_path().string();
  const FileDescriptor open(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return open && (::fsync(open.get()) == 0 || errno == EINVAL);  // some file systems know no such thing
}

}  // namespace plimsoll::adapters
