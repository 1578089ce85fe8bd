"""C++ source as the lint reads it: without comments and the contents of literals, line by line."""

import re

_TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|(?P<open>(?:u8|u|U|L)?R"(?P<tag>[^()\\\s]{0,16})\()(?P<raw>.*?)(?P<close>\)(?P=tag)")'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def code_only(text):
    """Comments and literals blanked out; every line keeps its number."""
    def blank(match):
        token = match.group(0)
        if token.startswith('/'):
            return re.sub(r'[^\n]', ' ', token)
        return token[0] + re.sub(r'[^\n]', ' ', token[1:-1]) + token[-1]
    return _TOKEN.sub(blank, text)


def includes(text):
    """(line number, path, quoted) of every include directive."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


_TYPE = re.compile(r'^(?:template\s*<.*>\s*)?(?:class|struct|enum)\b(?:\s+(?:class|struct))?'
                   r'(?:\s*\[\[[^\]]*\]\])*\s+(\w+)', re.DOTALL)


def namespace_level_types(text):
    """(line number, name) of every class, struct and enum that is defined directly in a namespace."""
    code = re.sub(r'^[ \t]*#.*$', '', code_only(text), flags=re.MULTILINE)
    stack, start = [], 0
    for place, char in enumerate(code):
        if char not in '{};':
            continue
        statement = code[start:place].strip()
        if char == '{':
            is_namespace = re.match(r'(inline\s+)?namespace\b', statement) is not None
            match = _TYPE.match(statement)
            if match and all(stack):
                offset = start + len(code[start:place]) - len(code[start:place].lstrip())
                yield code.count('\n', 0, offset) + 1, match.group(1)
            stack.append(is_namespace)
        elif char == '}' and stack:
            stack.pop()
        start = place + 1


# What may stand between the parameters of a function and its body, initialisers of members included.
_SIGNATURE = re.compile(r'\)\s*(?:const|noexcept|override|final|mutable|try|&|->.*|:(?!:).*)?(?:\s*(?:const|noexcept|override'
                        r'|final|->.*|:(?!:).*))*$', re.DOTALL)
_NAME = re.compile(r'((?:[\w~]+::)*(?:operator\s*[^\s(]+|[\w~]+))\s*\(')


def functions(text):
    """(line number, name, lines) of every function that is defined in a namespace or a type, from the first line of its
    signature to its closing brace."""
    code = re.sub(r'^[ \t]*#.*$', '', code_only(text), flags=re.MULTILINE)
    stack, start, signature = [], 0, None
    for place, char in enumerate(code):
        if char not in '{};':
            continue
        if char == '{':
            statement = re.sub(r'^(?:\s*(?:public|private|protected)\s*:)+', '', code[start:place])
            words = statement.strip()
            outside = all(kind != 'body' for kind, _ in stack)
            begin = place - len(statement.lstrip())
            if signature and outside and (not words or words.startswith(',')):
                begin, words = signature  # past an initialiser in braces
            is_function = bool(_SIGNATURE.search(words)) and words.count('(') == words.count(')')
            if re.match(r'(inline\s+)?namespace\b|extern\s*"', words) or (_TYPE.match(words) and not is_function):
                stack.append(('scope', None))
            else:
                stack.append(('body', (begin, words) if outside and is_function else None))
        elif char == '}' and stack:
            _, signature = stack.pop()
            if signature:
                begin, words = signature
                following = code[place + 1:].lstrip()[:1]
                name = _NAME.search(words)
                if following not in ('{', ','):
                    first = code.count('\n', 0, begin) + 1
                    yield first, name.group(1) if name else '?', code.count('\n', 0, place) + 2 - first
                    signature = None
        elif all(kind != 'body' for kind, _ in stack):
            signature = None
        start = place + 1
