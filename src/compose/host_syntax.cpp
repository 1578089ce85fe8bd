#include "compose/host_syntax.hpp"

#include "compose/text_split.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {

Result<std::string> parse_extra_host(std::string_view text) {
  std::size_t at = find_outside_tokens(text, '=');
  if (at == std::string_view::npos) at = find_outside_tokens(text, ':');
  if (at == std::string_view::npos)
    return Error{ErrorKind::rejected, "\"" + mask_secrets(text) + "\" is no host with an address"};
  return make_extra_host(text.substr(0, at), text.substr(at + 1));
}

Result<std::string> make_extra_host(std::string_view host, std::string_view address) {
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  return std::string(host) + "=" + std::string(address);
}

}  // namespace plimsoll::compose
