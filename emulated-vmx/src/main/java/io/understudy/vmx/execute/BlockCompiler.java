package io.understudy.vmx.execute;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.DEFAULT_NAME;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.ofConstantBootstrap;

import io.understudy.vmx.cpu.Cpu;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes a hot block a class of its own whose {@link Block#run} names each of its operations as a
 * constant.
 *
 * <p>The operations stay the only definition of what instructions do; the virtual machine's
 * compiler, which could not tell them apart in the block classes that all blocks share, inlines
 * them here one after the other. A block that leads back to itself loops inside, as long as the
 * budget lasts. The class goes when its block does.
 */
final class BlockCompiler {
    private static final ClassDesc BLOCK = ClassDesc.of(Block.class.getName());
    private static final ClassDesc PARTS =
            ClassDesc.ofDescriptor(Block.Parts.class.descriptorString());
    private static final ClassDesc CPU = ClassDesc.of(Cpu.class.getName());
    private static final ClassDesc OP = ClassDesc.of(Op.class.getName());
    private static final ClassDesc TERMINATOR = ClassDesc.of(Terminator.class.getName());
    private static final ClassDesc NAME =
            ClassDesc.of(Block.class.getPackageName(), "CompiledBlock");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(BLOCK, CPU);
    private static final MethodTypeDesc EXECUTE = MethodTypeDesc.of(CD_void, CPU);
    private static final MethodTypeDesc INTERRUPT = MethodTypeDesc.of(BLOCK, CPU, CD_int);
    private static final MethodTypeDesc GOES_ROUND = MethodTypeDesc.of(CD_boolean, CPU, BLOCK);
    private static final MethodTypeDesc INIT = MethodTypeDesc.of(CD_void, PARTS);

    // Locals of the generated method.
    private static final int THIS = 0;
    private static final int CPU_LOCAL = 1;
    private static final int NEXT = 2;

    private final MethodHandles.Lookup lookup = MethodHandles.lookup();
    private final ClassFile classFile =
            ClassFile.of(
                    ClassFile.ClassHierarchyResolverOption.of(
                            ClassHierarchyResolver.ofClassLoading(lookup)));

    /** A block of the same instructions. {@code block} must be dropped before it may run. */
    Block compile(Block block) {
        byte[] bytes = classFile.build(NAME, c -> declare(c, block));
        List<Object> constants = new ArrayList<>(Arrays.asList(block.body));
        constants.add(block.end);
        try {
            MethodHandles.Lookup hidden =
                    lookup.defineHiddenClassWithClassData(bytes, constants, true);
            Block compiled =
                    (Block)
                            hidden.findConstructor(
                                            hidden.lookupClass(),
                                            MethodType.methodType(void.class, Block.Parts.class))
                                    .invoke(block.parts());
            compiled.samples = block.samples;
            return compiled;
        } catch (Throwable e) {
            throw new IllegalStateException("a generated class does not load", e);
        }
    }

    private static void declare(ClassBuilder c, Block block) {
        c.withFlags(AccessFlag.FINAL, AccessFlag.SUPER).withSuperclass(BLOCK);
        c.withMethodBody(
                INIT_NAME,
                INIT,
                0,
                code -> code.aload(THIS).aload(1).invokespecial(BLOCK, INIT_NAME, INIT).return_());
        c.withMethodBody("run", RUN, 0, code -> run(code, block));
    }

    /** As the classes of {@link Blocks} do it. */
    private static void run(CodeBuilder code, Block block) {
        int ops = block.body.length;
        Label start = code.newBoundLabel();
        for (int k = 0; k < ops; k++) {
            code.loadConstant(constant(k, OP)).aload(CPU_LOCAL);
            code.invokevirtual(OP, "execute", EXECUTE);
            if (!(block.body[k] instanceof RegisterOp)) {
                Label goOn = code.newLabel();
                code.aload(THIS).getfield(BLOCK, "dropped", CD_boolean).ifeq(goOn);
                code.aload(THIS).aload(CPU_LOCAL).loadConstant(k + 1);
                code.invokevirtual(BLOCK, "interrupt", INTERRUPT).areturn();
                code.labelBinding(goOn);
            }
        }
        code.aload(CPU_LOCAL).loadConstant(ops).putfield(CPU, "operation", CD_int);
        code.loadConstant(constant(ops, TERMINATOR)).aload(CPU_LOCAL);
        code.invokevirtual(TERMINATOR, "execute", RUN).astore(NEXT);
        code.aload(THIS).aload(CPU_LOCAL).aload(NEXT);
        code.invokevirtual(BLOCK, "goesRound", GOES_ROUND).ifne(start);
        code.aload(NEXT).areturn();
    }

    private static DynamicConstantDesc<Object> constant(int index, ClassDesc type) {
        return DynamicConstantDesc.ofNamed(
                ofConstantBootstrap(
                        ClassDesc.of(MethodHandles.class.getName()),
                        "classDataAt",
                        CD_Object,
                        CD_int),
                DEFAULT_NAME,
                type,
                index);
    }
}
