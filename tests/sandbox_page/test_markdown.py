"""Discord's markdown on the chat page: what becomes which element, and what stays text."""

import pytest

from tests.sandbox_page.conftest import Scene, Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SITUATIONS = [
    ("bold", "**a**", '<div class="text"><strong>a</strong></div>'),
    ("bold in italics", "*a **b***", '<div class="text"><em>a <strong>b</strong></em></div>'),
    ("underscores inside a word", "snake_case_word", '<div class="text">snake_case_word</div>'),
    ("a product is not italics", "2 * 3 * 4", '<div class="text">2 * 3 * 4</div>'),
    ("nothing is read inside code", "`**a**`", '<div class="text"><code>**a**</code></div>'),
    ("escaped signs", r"\*a\*", '<div class="text">*a*</div>'),
    ("a heading and small print", "# A\n-# b", 'class="heading heading-1"'),
    (
        "an empty line before small print",
        "a\n\n-# b",
        '<div class="text">a\n\n</div><div class="subtext">b</div>',
    ),
    ("a quote ends with its lines", "> a\nb", '<blockquote><div class="text">a</div></blockquote>'),
    ("a list with a level", "- a\n  - b", '<li class="depth-0">a</li><li class="depth-1">b</li>'),
    ("a code block keeps its language", "```py\nx\n```", '<pre data-language="py"><code>x</code></pre>'),
    ("code has colours", "```py\n# <b>\n```", '<code><span class="code-comment"># &lt;b&gt;</span></code>'),
    ("an emoji of a server is a picture", "<:sail:7>", 'src="/emojis/7.png" alt=":sail:"'),
    ("a link with brackets", "[a](https://e.org/b_(c))", 'href="https://e.org/b_(c)"'),
    ("the full stop is not part of an address", "See https://e.org/a.", 'href="https://e.org/a"'),
    ("a script is no address", "[a](javascript:x)", '<div class="text">[a](javascript:x)</div>'),
    ("data is no address", "[a](data:text/html,x)", '<div class="text">[a](data:text/html,x)</div>'),
    ("markup stays text", "<b>a</b>", '<div class="text">&lt;b&gt;a&lt;/b&gt;</div>'),
    ("a mention has a name", "<@1>", 'data-user-id="1">@somebody</span>'),
    ("a channel can be opened", "<#2>", 'href="#/g/2">#somewhere</a>'),
]
DRAW = """async (source) => {
  const { markdown } = await import("/page/markdown.js");
  const names = {
    user: () => "somebody", role: () => "role", channel: () => "somewhere", channelHref: (id) => `#/g/${id}`,
  };
  const box = document.createElement("div");
  box.append(markdown(source, names));
  return box.innerHTML;
}"""


async def test_what_becomes_which_element(scene: Scene, visit: Visit) -> None:
    page = await visit("ada", scene.prepared.channels["general"])
    drawn = {name: await page.evaluate(DRAW, source) for name, source, _ in SITUATIONS}
    wrong = {name: drawn[name] for name, _, expected in SITUATIONS if expected not in drawn[name]}
    assert wrong == {}


@pytest.mark.parametrize(
    "sign", ["*", "_a", "[", "`", "||", "**a", "> ", "[a](", "<", "(https://e.org/", "- \n"]
)
async def test_a_long_row_of_signs_is_read_in_time(scene: Scene, visit: Visit, sign: str) -> None:
    page = await visit("ada", scene.prepared.channels["general"])
    taken = await page.evaluate(
        """async (source) => {
          const { parse } = await import("/page/markdown.js");
          const start = performance.now();
          parse(source);
          return performance.now() - start;
        }""",
        (sign * 4000)[:4000],
    )
    assert taken < 1000  # ms; a backtracking pattern would take minutes
