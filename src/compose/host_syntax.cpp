#include "compose/host_syntax.hpp"

#include "compose/text_split.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {

Result<std::vector<std::string>> parse_extra_host(std::string_view text) {
  std::size_t at = find_outside_tokens(text, '=');
  if (at == std::string_view::npos) at = find_outside_tokens(text, ':');
  if (at == std::string_view::npos)
    return Error{ErrorKind::rejected, "\"" + mask_secrets(text) + "\" is no host with an address"};
  return make_extra_host(text.substr(0, at), split_outside_tokens(text.substr(at + 1), ','));
}

Result<std::vector<std::string>> make_extra_host(std::string_view host, const std::vector<std::string>& addresses) {
  if (host.empty() || find_outside_tokens(host, ':') != std::string::npos ||
      find_outside_tokens(host, '=') != std::string::npos)
    return Error{ErrorKind::rejected, "\"" + mask_secrets(host) + "\" is no host name"};
  std::vector<std::string> hosts;
  for (std::string_view address : addresses) {
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
      address = address.substr(1, address.size() - 2);
    hosts.push_back(std::string(host) + "=" + std::string(address));
  }
  return hosts;
}

}  // namespace plimsoll::compose
