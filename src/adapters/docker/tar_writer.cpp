#include "adapters/docker/tar_writer.hpp"

#include <algorithm>

#include <cstdio>
#include <cstring>
#include <utility>

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameBytes = 100;
constexpr int kLargestOwner = 07777777;  // seven octal digits

/// The fields of a ustar header that we fill in (POSIX.1-2001, pax interchange format).
struct UstarHeader {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2];
  char user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
static_assert(sizeof(UstarHeader) == kBlock);

template <std::size_t N>
void put_octal(char (&field)[N], std::uint64_t value) {
  for (std::size_t at = N - 1; at-- > 0; value >>= 3U) field[at] = static_cast<char>('0' + (value & 7U));
}

void put_checksum(UstarHeader& header) {
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  for (std::size_t at = 0; at < kBlock; ++at) sum += bytes[at];
  std::snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
}

/// One pax record: its own length, in decimal, is part of itself.
std::string pax_record(const std::string& key, const std::string& value) {
  const std::string body = " " + key + "=" + value + "\n";
  std::size_t length = body.size() + 1;
  while (std::to_string(length).size() + body.size() != length) ++length;
  return std::to_string(length) + body;
}

}  // namespace

void TarWriter::add_header(const std::string& path, char type, std::size_t size, const TarAttributes& attributes) {
  UstarHeader header{};
  std::memcpy(header.name, path.data(), std::min(path.size(), kNameBytes));
  put_octal(header.mode, static_cast<std::uint64_t>(attributes.mode) & 07777U);
  put_octal(header.uid, static_cast<std::uint64_t>(attributes.uid));
  put_octal(header.gid, static_cast<std::uint64_t>(attributes.gid));
  put_octal(header.size, size);
  put_octal(header.mtime, static_cast<std::uint64_t>(modified_));
  header.type = type;
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  put_checksum(header);
  bytes_.append(reinterpret_cast<const char*>(&header), sizeof header);
}

void TarWriter::add_padded(std::string_view content) {
  bytes_.append(content);
  bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

/// What has no room in the fields of the header itself, which then are not looked at.
void TarWriter::add_extended(const std::string& path, const TarAttributes& attributes) {
  std::string records;
  if (path.size() > kNameBytes) records += pax_record("path", path);
  if (attributes.uid > kLargestOwner) records += pax_record("uid", std::to_string(attributes.uid));
  if (attributes.gid > kLargestOwner) records += pax_record("gid", std::to_string(attributes.gid));
  if (records.empty()) return;
  add_header("pax", 'x', records.size(), {});
  add_padded(records);
}

void TarWriter::add_directory(const std::string& path, TarAttributes attributes) {
  add_extended(path + "/", attributes);
  add_header(path + "/", '5', 0, attributes);
}

void TarWriter::add_file(const std::string& path, std::string_view content, TarAttributes attributes) {
  add_extended(path, attributes);
  add_header(path, '0', content.size(), attributes);
  add_padded(content);
}

std::string TarWriter::finish() {
  bytes_.append(2 * kBlock, '\0');
  return std::exchange(bytes_, {});
}

}  // namespace plimsoll::adapters
