#include "adapters/git/pkt_line.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/git/source_url.hpp"
#include "model/printable.hpp"

namespace plimsoll::adapters {
namespace {

Error malformed(std::string_view why) {
  return {ErrorKind::transient, "the git server's reply is malformed: " + std::string(why)};
}

/// What a server says of itself goes into our messages: one line, bounded, printable.
Error server_error(std::string_view said) {
  return {ErrorKind::rejected, "the git server refuses: " + scrub_url(printable(said, 300))};
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// `<object id> <name>`; what follows the name (attributes, capabilities) has been cut off by the caller.
Result<RemoteRef> parse_ref(std::string_view line) {
  const auto space = line.find(' ');
  const auto id = line.substr(0, space);
  if (space == std::string_view::npos || !is_hex(id) || (id.size() != 40 && id.size() != 64))
    return malformed("a line is not `<object id> <reference>`");
  if (id.size() == 64)
    return Error{ErrorKind::rejected, "the repository uses SHA-256 object ids, which are not supported; use SHA-1"};
  const auto name = line.substr(space + 1);
  if (name.empty() || name.size() > 1024) return malformed("a reference has no name or one over 1024 bytes");
  return RemoteRef{std::string(id), std::string(name)};
}

bool is_error(const PktLine& packet) {
  return packet.kind == PktLine::Kind::data && packet.data.substr(0, 4) == "ERR ";
}

}  // namespace

std::string pkt_line(std::string_view payload) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::size_t length = payload.size() + 4;
  std::string out;
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kDigits[(length >> shift) & 0xfU];
  return out.append(payload);
}

Result<std::optional<PktLine>> next_pkt_line(std::string_view& rest) {
  if (rest.empty()) return std::optional<PktLine>{};
  std::size_t length = 0;
  const char* const end = rest.data() + std::min<std::size_t>(4, rest.size());
  const auto [parsed, failure] = std::from_chars(rest.data(), end, length, 16);
  if (rest.size() < 4 || failure != std::errc{} || parsed != end) return malformed("a packet has no length");
  if (length == 3) return malformed("a packet has length 3");
  if (length < 3) {
    rest.remove_prefix(4);
    const auto kind = length == 0   ? PktLine::Kind::flush
                      : length == 1 ? PktLine::Kind::delimiter
                                    : PktLine::Kind::response_end;
    return std::optional(PktLine{kind, {}});
  }
  if (length > rest.size()) return malformed("it ends inside a packet");
  std::string_view data = rest.substr(4, length - 4);
  if (!data.empty() && data.back() == '\n') data.remove_suffix(1);
  rest.remove_prefix(length);
  return std::optional(PktLine{PktLine::Kind::data, data});
}

std::string ls_refs_request(std::string_view prefix) {
  return pkt_line("command=ls-refs\n") + "0001" + pkt_line("ref-prefix " + std::string(prefix) + "\n") + "0000";
}

Result<std::vector<RemoteRef>> parse_ls_refs(std::string_view body) {
  std::vector<RemoteRef> refs;
  while (true) {
    auto packet = next_pkt_line(body);
    if (!packet) return packet.error();
    if (!packet->has_value()) return malformed("it ends before its end mark");
    const PktLine& line = **packet;
    if (line.kind == PktLine::Kind::flush) return refs;
    if (line.kind != PktLine::Kind::data) return malformed("unexpected delimiter");
    if (is_error(line)) return server_error(line.data.substr(4));
    if (line.data.substr(0, 7) == "unborn ") continue;
    // Attributes such as `symref-target:` follow the name after a space; a name has none.
    const auto name = line.data.find(' ');
    const auto attributes = name == std::string_view::npos ? name : line.data.find(' ', name + 1);
    auto ref = parse_ref(line.data.substr(0, attributes));
    if (!ref) return ref.error();
    refs.push_back(std::move(*ref));
  }
}

Result<std::vector<RemoteRef>> parse_ref_advertisement(std::string_view body) {
  std::vector<RemoteRef> refs;
  auto service = next_pkt_line(body);
  if (!service) return service.error();
  if (*service && is_error(**service)) return server_error((*service)->data.substr(4));
  if (!*service || (*service)->data != "# service=git-upload-pack")
    return malformed("it does not announce git-upload-pack");
  auto end_of_service = next_pkt_line(body);
  if (!end_of_service) return end_of_service.error();
  while (true) {
    auto packet = next_pkt_line(body);
    if (!packet) return packet.error();
    if (!packet->has_value()) return malformed("it ends before its end mark");
    const PktLine& line = **packet;
    if (line.kind == PktLine::Kind::flush) return refs;
    if (is_error(line)) return server_error(line.data.substr(4));
    if (line.data.substr(0, 8) == "version " || line.data.substr(0, 8) == "shallow ") continue;
    const auto text = line.data.substr(0, line.data.find('\0'));
    auto ref = parse_ref(text);
    if (!ref) return ref.error();
    const std::string_view name = ref->name;
    // An empty repository advertises only its capabilities; `^{}` lines repeat what a tag points to.
    if (name.size() >= 3 && name.substr(name.size() - 3) == "^{}") continue;
    refs.push_back(std::move(*ref));
  }
}

}  // namespace plimsoll::adapters
