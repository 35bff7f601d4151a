package dev.caravan.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TextTest {
    @Test
    void leavesNothingThatSteersTheTerminal() {
        assertThat(Text.printable("\u001b[31mred\u001b[0m \u001b]0;title\u0007plain\u001b(B\u0007\u009b2J\u202e"))
                .isEqualTo("red plain2J");
        assertThat(Text.printable("a\tb")).isEqualTo("a    b");
        assertThat(Text.printable("\u001b]8;;http://example.org\u001b\\link\u001b]8;;\u001b\\")).isEqualTo("link");
    }

    @Property
    void leavesNoControlCharacter(@ForAll String text) {
        assertThat(Text.printable(text).chars().noneMatch(Character::isISOControl)).isTrue();
    }

    @Test
    void countsColumnsNotCharacters() {
        assertThat(Text.width("节点-1")).isEqualTo(6);
        assertThat(Text.width("e\u0301")).isEqualTo(1);
        assertThat(Text.pad("节点", 6)).isEqualTo("节点  ");
        assertThat(Text.fit("节点节点", 6, "…")).isEqualTo("节点…");
    }

    @Property
    void fitsAnyText(@ForAll String text, @ForAll @IntRange(min = 0, max = 20) int width) {
        String printable = Text.printable(text);
        assertThat(Text.width(Text.fit(printable, width, "…"))).isLessThanOrEqualTo(width);
    }

    @Test
    void wrapsAtSpacesAndKeepsCommandsWhole() {
        assertThat(Text.wrap("Is the API server up on h1? `caravan logs 7f3a --host h1 --step kubeadm-init`", 50))
                .containsExactly("Is the API server up on h1?", "`caravan logs 7f3a --host h1 --step kubeadm-init`");
        assertThat(Text.wrap("see /a/very/long/path/that/cannot/be/broken for more", 20))
                .containsExactly("see", "/a/very/long/path/that/cannot/be/broken", "for more");
        assertThat(Text.wrap("\n  indented words go on\n\nhere\n", 15))
                .containsExactly("indented words", "go on", "", "here");
        assertThat(Text.wrap("", 10)).isEmpty();
    }

    @Test
    void namesAsManyAsFit() {
        List<String> names = List.of("h1", "h2", "h3", "h4");
        assertThat(Text.names(names, 14)).isEqualTo("h1, h2, h3, h4");
        assertThat(Text.names(names, 13)).isEqualTo("h1 and 3 more");
        assertThat(Text.names(names, 1)).isEqualTo("h1 and 3 more");
    }

    @Test
    void breaksAPathOnlyWhereTheTerminalWould() {
        assertThat(Text.wrapPath("registry.example.com/containers/kube-proxy:v1.20.2", 60))
                .containsExactly("registry.example.com/containers/kube-proxy:v1.20.2");
        assertThat(Text.wrapPath("registry.example.com/containers/kube-proxy:v1.20.2", 40))
                .containsExactly("registry.example.com/containers/", "kube-proxy:v1.20.2");
        assertThat(Text.wrapPath("/".repeat(3) + "x".repeat(40), 20)).containsExactly("///", "x".repeat(40));
    }
}
