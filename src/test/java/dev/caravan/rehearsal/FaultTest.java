package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaultTest {
    @ParameterizedTest
    @CsvSource({
        "h2:kubeadm-join:fail,h2,kubeadm-join,FAIL,2147483647",
        "h2:kubeadm-join:fail*2,h2,kubeadm-join,FAIL,2",
        "node-1.example:facts:busy,node-1.example,facts,BUSY,1",
        "h1:runtime-install:drop,h1,runtime-install,DROP,1",
        "h1:runtime-install:slow,h1,runtime-install,SLOW,10",
        "h1:runtime-install:slow*3,h1,runtime-install,SLOW,3"
    })
    void readsWhatTheCommandLineWrites(String text, String host, String step, Fault.Kind kind, int times) {
        Fault fault = Fault.parse(text);
        assertThat(fault).isEqualTo(new Fault(host, step, kind, times));
        assertThat(fault).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "h2", "h2:kubeadm-join", "h2:kubeadm-join:fail*0", "h2:kubeadm-join:fail*", "h2:../x:fail",
            "../h2:facts:fail", "h2:facts:fail:x"})
    void saysHowToWriteAFault(String text) {
        assertThatThrownBy(() -> Fault.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("HOST:STEP:KIND");
    }

    @Test
    void namesTheKindsThatThereAre() {
        assertThatThrownBy(() -> Fault.parse("h2:facts:explode"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("explode")
                .hasMessageContaining("fail, busy, drop or slow");
    }
}
