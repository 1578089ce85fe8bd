#include "adapters/docker/neighbour_flush.hpp"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "adapters/file_descriptor.hpp"

namespace plimsoll::adapters {
namespace {

/// One neighbour entry: interface and IPv4 address in network order.
struct Neighbour {
  int interface = 0;
  std::uint32_t address = 0;
};

struct NeighbourRequest {
  nlmsghdr header{};
  ndmsg message{};
  rtattr attribute{};
  std::uint32_t address = 0;
};

FileDescriptor open_netlink() {
  FileDescriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const timeval limit{0, 200'000};  // the kernel answers at once; this only guards against the unexpected
  if (socket) setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return socket;
}

/// The entry of a dump message when it is unanswered.
void collect(const nlmsghdr& header, std::vector<Neighbour>& into) {
  if (header.nlmsg_type != RTM_NEWNEIGH || header.nlmsg_len < NLMSG_LENGTH(sizeof(ndmsg))) return;
  ndmsg message;
  const auto* data = reinterpret_cast<const unsigned char*>(&header) + NLMSG_HDRLEN;
  std::memcpy(&message, data, sizeof message);
  if (message.ndm_family != AF_INET || (message.ndm_state & (NUD_INCOMPLETE | NUD_FAILED | NUD_PROBE)) == 0) return;
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ndmsg));
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  while (at + sizeof(rtattr) <= header.nlmsg_len) {
    rtattr attribute;
    std::memcpy(&attribute, bytes + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > header.nlmsg_len) return;
    if (attribute.rta_type == NDA_DST && attribute.rta_len == RTA_LENGTH(4)) {
      Neighbour neighbour{message.ndm_ifindex, 0};
      std::memcpy(&neighbour.address, bytes + at + RTA_LENGTH(0), 4);
      into.push_back(neighbour);
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
}

std::vector<Neighbour> unanswered(int socket) {
  NeighbourRequest request;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(ndmsg));
  request.header.nlmsg_type = RTM_GETNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.message.ndm_family = AF_INET;
  std::vector<Neighbour> found;
  if (send(socket, &request, request.header.nlmsg_len, 0) < 0) return found;
  alignas(nlmsghdr) char buffer[32768];
  while (true) {
    const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return found;
    std::size_t at = 0;
    while (at + sizeof(nlmsghdr) <= static_cast<std::size_t>(got)) {
      const auto& header = *reinterpret_cast<const nlmsghdr*>(static_cast<const void*>(buffer + at));
      if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return found;
      if (header.nlmsg_len < sizeof(nlmsghdr) || at + header.nlmsg_len > static_cast<std::size_t>(got)) return found;
      collect(header, found);
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
}

bool remove(int socket, const Neighbour& neighbour) {
  NeighbourRequest request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_DELNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.message.ndm_family = AF_INET;
  request.message.ndm_ifindex = neighbour.interface;
  request.attribute.rta_type = NDA_DST;
  request.attribute.rta_len = RTA_LENGTH(4);
  request.address = neighbour.address;
  return send(socket, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

}  // namespace

bool may_flush_neighbours() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[0].effective & (1U << CAP_NET_ADMIN)) != 0;
}

int flush_neighbours(const std::vector<std::string>& addresses) noexcept {
  std::vector<std::uint32_t> wanted;
  for (const auto& address : addresses) {
    in_addr parsed{};
    if (inet_pton(AF_INET, address.c_str(), &parsed) == 1) wanted.push_back(parsed.s_addr);
  }
  if (wanted.empty()) return 0;
  const FileDescriptor socket = open_netlink();
  if (!socket) return 0;
  int flushed = 0;
  for (const auto& neighbour : unanswered(socket.get()))
    if (std::find(wanted.begin(), wanted.end(), neighbour.address) != wanted.end() && remove(socket.get(), neighbour))
      ++flushed;
  return flushed;
}

}  // namespace plimsoll::adapters
