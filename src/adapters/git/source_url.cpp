#include "adapters/git/source_url.hpp"

#include <algorithm>
#include <boost/url.hpp>
#include <cctype>

namespace plimsoll::adapters {
namespace {

Error bad_url(std::string why) { return {ErrorKind::rejected, "source.url: " + std::move(why)}; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_host(std::string_view host) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
  };
  return !host.empty() && host.front() != '-' && std::all_of(host.begin(), host.end(), allowed);
}

/// The path and user of an ssh URL end up on the server's command line.
Result<void> check_ssh_parts(const SourceUrl& url) {
  const auto first = url.path.find_first_not_of('/');
  if (first == std::string::npos) return bad_url("has no path to a repository");
  if (url.path.front() == ':') return bad_url("this form is not supported; use https, ssh, http or file");
  if (url.path[first] == '-') return bad_url("the repository path must not begin with '-'");
  if (url.path.find_first_of("'\"\\`$; ") != std::string::npos)
    return bad_url("the repository path has a quote, a space or a shell character; rename the repository");
  if (!url.user.empty() && !is_host(url.user)) return bad_url("the user name has characters that are not allowed");
  return {};
}

Result<SourceUrl> parse_scp_like(const std::string& text) {
  const auto colon = text.find(':');
  const auto slash = text.find('/');
  if (colon == std::string::npos || (slash != std::string::npos && slash < colon))
    return bad_url("is not a URL; use https://host/path, ssh://user@host/path, user@host:path or file:///path");
  SourceUrl url{.scheme = SourceUrl::Scheme::ssh, .port = 22, .text = text};
  std::string authority = text.substr(0, colon);
  if (const auto at = authority.rfind('@'); at != std::string::npos) {
    url.user = authority.substr(0, at);
    authority.erase(0, at + 1);
  }
  if (!is_host(authority)) return bad_url("has no usable host name; it must not begin with '-'");
  url.host = std::move(authority);
  url.path = text.substr(colon + 1);
  if (auto checked = check_ssh_parts(url); !checked) return checked.error();
  return url;
}

Result<int> port_of(const boost::urls::url_view& parsed, int standard) {
  if (!parsed.has_port() || parsed.port().empty()) return standard;
  const int port = parsed.port_number();
  if (port == 0) return bad_url("the port is not between 1 and 65535");
  return port;
}

Result<void> check_user_info(const boost::urls::url_view& parsed, SourceUrl::Scheme scheme) {
  if (!parsed.has_userinfo()) return {};
  if (scheme == SourceUrl::Scheme::ssh && !parsed.has_password()) return {};
  if (scheme == SourceUrl::Scheme::ssh) return bad_url("has a password; use credentials.ssh_key_file instead");
  return bad_url(
      "has a user or password in it; take it out and use credentials.username and credentials.password_file");
}

Result<SourceUrl> parse_file(const boost::urls::url_view& parsed, SourceUrl url) {
  if (!parsed.encoded_host().empty() && parsed.host() != "localhost")
    return bad_url("a file URL names no host; write file:///path");
  url.path = parsed.path();
  if (url.path.empty() || std::any_of(url.path.begin(), url.path.end(), is_control))
    return bad_url("has no usable path");
  return url;
}

Result<SourceUrl::Scheme> scheme_of(std::string_view name) {
  if (name == "https") return SourceUrl::Scheme::https;
  if (name == "http") return SourceUrl::Scheme::http;
  if (name == "ssh") return SourceUrl::Scheme::ssh;
  if (name == "file") return SourceUrl::Scheme::file;
  return bad_url("this scheme is not supported; use https, ssh, http or file");
}

Result<SourceUrl> parse_network(const boost::urls::url_view& parsed, SourceUrl url) {
  url.host = parsed.host_type() == boost::urls::host_type::ipv6 ? parsed.host_address() : parsed.host();
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!is_host(url.host)) return bad_url("has no usable host name; it must not begin with '-'");
  const int standard = url.scheme == SourceUrl::Scheme::https ? 443 : url.scheme == SourceUrl::Scheme::http ? 80 : 22;
  auto port = port_of(parsed, standard);
  if (!port) return port.error();
  url.port = *port;
  url.path = std::string(parsed.encoded_path());
  if (url.scheme != SourceUrl::Scheme::ssh) return url;
  url.user = parsed.user();
  if (auto checked = check_ssh_parts(url); !checked) return checked.error();
  return url;
}

}  // namespace

Result<SourceUrl> validate_source_url(const std::string& text) {
  if (text.empty()) return bad_url("is missing");
  if (text.size() > 4096) return bad_url("is longer than 4096 bytes");
  if (std::any_of(text.begin(), text.end(), is_control))
    return bad_url("has control characters (a newline at its end?)");
  if (text.find("://") == std::string::npos) return parse_scp_like(text);
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return bad_url("is not a well-formed URL");
  std::string name(parsed->scheme());
  auto scheme = scheme_of(name);
  if (!scheme) return scheme.error();
  if (auto checked = check_user_info(*parsed, *scheme); !checked) return checked.error();
  if (parsed->has_query() || parsed->has_fragment())
    return bad_url("has a query or fragment; a token belongs in credentials.password_file");
  SourceUrl url{.scheme = *scheme, .text = text};
  if (url.scheme == SourceUrl::Scheme::file) return parse_file(*parsed, std::move(url));
  return parse_network(*parsed, std::move(url));
}

Result<void> validate_branch(std::string_view branch) {
  const auto bad = [&](std::string_view why) -> Error {
    return {ErrorKind::rejected, "source.branch: " + std::string(why)};
  };
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '/' || c == '-';
  };
  if (branch.empty() || branch.size() > 200) return bad("is empty or longer than 200 bytes");
  if (!std::all_of(branch.begin(), branch.end(), allowed))
    return bad("may have letters, digits, '.', '_', '/' and '-' only");
  const std::string padded = "/" + std::string(branch) + "/";
  for (const std::string_view refused : {"..", "//", "/.", "/-", "./", ".lock/"})
    if (padded.find(refused) != std::string::npos) return bad("is not a branch name that git accepts");
  return {};
}

std::string scrub_url(std::string_view text) {
  std::string out;
  while (true) {
    const auto mark = text.find("://");
    if (mark == std::string_view::npos) return out.append(text);
    const bool ssh = mark >= 3 && text.substr(mark - 3, 3) == "ssh";
    out.append(text.substr(0, mark + 3));
    text.remove_prefix(mark + 3);
    const auto authority = text.substr(0, text.find_first_of("/?# \t\n'\"<>"));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
      const bool lone_ssh_user = ssh && authority.substr(0, at).find(':') == std::string_view::npos;
      out.append(lone_ssh_user ? authority.substr(0, at) : "***");
      text.remove_prefix(at);
    }
    const auto url = text.substr(0, text.find_first_of(" \t\n'\"<>"));
    const auto query = url.find('?');
    if (query == std::string_view::npos) continue;
    out.append(url.substr(0, query)).append("?***");
    text.remove_prefix(url.size());
  }
}

}  // namespace plimsoll::adapters
