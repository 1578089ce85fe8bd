#include "controller/repository_url.hpp"

#include <algorithm>

namespace plimsoll::controller {
namespace {

void strip_suffix(std::string& text, std::string_view suffix) {
  if (text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0)
    text.erase(text.size() - suffix.size());
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

std::string repository_key(std::string_view url) {
  std::string scheme;
  std::string rest(url);
  if (const auto at = rest.find("://"); at != std::string::npos) {
    scheme = lower(rest.substr(0, at));
    rest.erase(0, at + 3);
  } else if (const auto colon = rest.find(':'); colon != std::string::npos && rest.find('/') > colon) {
    rest[colon] = '/';  // git@host:path
    scheme = "ssh";
  }
  auto slash = rest.find('/');
  std::string host = rest.substr(0, slash);
  std::string path = slash == std::string::npos ? std::string() : rest.substr(slash);
  if (const auto at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  host = lower(host);
  if (scheme == "https") strip_suffix(host, ":443");
  if (scheme == "http") strip_suffix(host, ":80");
  if (scheme == "ssh") strip_suffix(host, ":22");
  while (!path.empty() && path.back() == '/') path.pop_back();
  strip_suffix(path, ".git");
  return host + path;
}

}  // namespace plimsoll::controller
